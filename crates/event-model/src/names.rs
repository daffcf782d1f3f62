//! The names that the contract gives to the values of enumerated fields.

use crate::event::{
    Component, EventType, SessionAction, SocialAction, SubscriptionAction, SurveyKind, TicketAction,
};

impl EventType {
    /// The type a name stands for.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name.as_bytes() {
            b"pageview" => Self::Pageview,
            b"pageleave" => Self::Pageleave,
            b"session" => Self::Session,
            b"feature_use" => Self::FeatureUse,
            b"impression" => Self::Impression,
            b"click" => Self::Click,
            b"survey" => Self::Survey,
            b"purchase" => Self::Purchase,
            b"subscription" => Self::Subscription,
            b"ticket" => Self::Ticket,
            b"social" => Self::Social,
            b"spend" => Self::Spend,
            _ => return None,
        })
    }
}

macro_rules! names {
    ($($enum:ident { $($variant:ident = $name:literal,)+ })+) => {$(
        impl $enum {
            /// The name in the record.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The value a name stands for.
            pub fn of_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    )+};
}

names! {
    SessionAction {
        Start = "start",
        End = "end",
    }
    SurveyKind {
        Nps = "nps",
        Csat = "csat",
        Ces = "ces",
        Cxi = "cxi",
    }
    Component {
        Effort = "effort",
        Empathy = "empathy",
        Understanding = "understanding",
        Efficiency = "efficiency",
    }
    SubscriptionAction {
        Start = "start",
        Renew = "renew",
        Upgrade = "upgrade",
        Downgrade = "downgrade",
        Cancel = "cancel",
    }
    TicketAction {
        Opened = "opened",
        Replied = "replied",
        Resolved = "resolved",
    }
    SocialAction {
        Impression = "impression",
        Like = "like",
        Share = "share",
        Save = "save",
        Comment = "comment",
        Mention = "mention",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name() {
        for event_type in EventType::ALL {
            assert_eq!(EventType::of_name(event_type.name()), Some(event_type));
        }
        assert_eq!(EventType::of_name("Pageview"), None);
        assert_eq!(EventType::of_name(""), None);
    }
}
