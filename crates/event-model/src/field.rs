//! The contract's field names, each an index into a record's raw values.

/// A field's name as text, for use in constants.
const fn text(name: &'static [u8]) -> &'static str {
    match std::str::from_utf8(name) {
        Ok(text) => text,
        Err(_) => panic!("a field's name is ASCII"),
    }
}

macro_rules! fields {
    ($($variant:ident = $name:literal;)+) => {
        /// A field of the contract, whichever type it belongs to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Field { $($variant,)+ }

        impl Field {
            /// Every field.
            pub(crate) const ALL: &[Field] = &[$(Field::$variant,)+];

            /// The field's name in the record.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Field::$variant => const { text($name) },)+ }
            }

            /// The field a key names; byte patterns, so that the length and a few bytes decide.
            pub(crate) const fn of(key: &[u8]) -> Option<Field> {
                match key {
                    $($name => Some(Field::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

fields! {
    Type = b"type";
    Timestamp = b"timestamp";
    Ts = b"ts";
    Time = b"time";
    UserId = b"user_id";
    AnonymousId = b"anonymous_id";
    EventId = b"event_id";
    Site = b"site";
    SessionId = b"session_id";
    UserAgent = b"user_agent";
    Referrer = b"referrer";
    Country = b"country";
    Device = b"device";
    Platform = b"platform";
    Plan = b"plan";
    Page = b"page";
    PageviewId = b"pageview_id";
    ScrollDepth = b"scroll_depth";
    EngagedMs = b"engaged_ms";
    Action = b"action";
    Feature = b"feature";
    Interactive = b"interactive";
    Link = b"link";
    Campaign = b"campaign";
    Kind = b"kind";
    Score = b"score";
    Scale = b"scale";
    Component = b"component";
    Channel = b"channel";
    TicketId = b"ticket_id";
    Agent = b"agent";
    Amount = b"amount";
    Currency = b"currency";
    Refund = b"refund";
    Product = b"product";
    OrderId = b"order_id";
    SubscriptionId = b"subscription_id";
    Mrr = b"mrr";
    Reason = b"reason";
    PostId = b"post_id";
    Network = b"network";
    Count = b"count";
}

impl Field {
    /// How many fields there are.
    pub(crate) const COUNT: usize = Self::ALL.len();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_field_and_no_other_does() {
        for (index, &field) in Field::ALL.iter().enumerate() {
            assert_eq!(field as usize, index);
            assert!(!field.name().is_empty());
            assert_eq!(Field::of(field.name().as_bytes()), Some(field));
            assert_eq!(Field::of(field.name().to_uppercase().as_bytes()), None);
            assert_eq!(Field::of(format!("{}s", field.name()).as_bytes()), None);
        }
        assert_eq!(Field::of(b""), None);
    }
}
