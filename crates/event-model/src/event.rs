//! One valid event, borrowed from its record.

use std::borrow::Cow;

/// A user: the known id, or the anonymous one where that is absent. Separate namespaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef<'a> {
    /// `user_id`.
    Known(Cow<'a, str>),
    /// `anonymous_id`.
    Anonymous(Cow<'a, str>),
}

impl UserRef<'_> {
    /// The id's text, whichever namespace it is of.
    pub fn id(&self) -> &str {
        match self {
            Self::Known(id) | Self::Anonymous(id) => id,
        }
    }

    /// Whether the id is an `anonymous_id`.
    pub const fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous(_))
    }
}

/// An event that keeps the contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// Event time, epoch milliseconds.
    pub timestamp: i64,
    /// The user; absent only for types that need none.
    pub user: Option<UserRef<'a>>,
    /// Unique per event, if sent.
    pub event_id: Option<Cow<'a, str>>,
    /// The product or web site; `default` if not sent.
    pub site: Cow<'a, str>,
    /// The client's own session, if sent.
    pub session_id: Option<Cow<'a, str>>,
    /// For the bot filter.
    pub user_agent: Option<Cow<'a, str>>,
    /// Where the user came from.
    pub referrer: Option<Cow<'a, str>>,
    /// Dimension.
    pub country: Option<Cow<'a, str>>,
    /// Dimension.
    pub device: Option<Cow<'a, str>>,
    /// Dimension.
    pub platform: Option<Cow<'a, str>>,
    /// Dimension.
    pub plan: Option<Cow<'a, str>>,
    /// What happened.
    pub kind: EventKind<'a>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind<'a> {
    /// A page was viewed.
    Pageview(Pageview<'a>),
    /// A page was left.
    Pageleave(Pageleave<'a>),
    /// The client opened or closed its session.
    Session(SessionAction),
    /// A feature was used.
    FeatureUse {
        /// Its name.
        feature: Cow<'a, str>,
        /// Where.
        page: Option<Cow<'a, str>>,
        /// Whether it is activity of the user.
        interactive: bool,
    },
    /// A link was shown.
    Impression {
        /// The link.
        link: Cow<'a, str>,
        /// Its campaign.
        campaign: Option<Cow<'a, str>>,
    },
    /// A link was clicked.
    Click {
        /// The link.
        link: Cow<'a, str>,
        /// Its campaign.
        campaign: Option<Cow<'a, str>>,
        /// Where.
        page: Option<Cow<'a, str>>,
    },
    /// A survey was answered or dismissed.
    Survey {
        /// Which question.
        kind: SurveyKind,
        /// The answer; `None` was dismissed.
        score: Score,
        /// The scale's upper end.
        scale: u8,
        /// CXI only.
        component: Option<Component>,
        /// Where it was asked.
        channel: Option<Cow<'a, str>>,
        /// The ticket it is about.
        ticket_id: Option<Cow<'a, str>>,
        /// Who served.
        agent: Option<Cow<'a, str>>,
    },
    /// Money came in, or went back.
    Purchase {
        /// Decimal text, validated, at least 0.
        amount: Cow<'a, str>,
        /// ISO 4217 code, upper case.
        currency: Cow<'a, str>,
        /// Whether it subtracts.
        refund: bool,
        /// Transaction type.
        kind: Option<Cow<'a, str>>,
        /// What was bought.
        product: Option<Cow<'a, str>>,
        /// The order.
        order_id: Option<Cow<'a, str>>,
    },
    /// A subscription changed.
    Subscription {
        /// Which; one per user if absent.
        subscription_id: Option<Cow<'a, str>>,
        /// What happened to it.
        action: SubscriptionAction,
        /// Monthly amount after the action: decimal text, validated, at least 0.
        mrr: Option<Cow<'a, str>>,
        /// ISO 4217 code; present whenever `mrr` is.
        currency: Option<Cow<'a, str>>,
        /// Why.
        reason: Option<Cow<'a, str>>,
        /// Who looks after the customer.
        agent: Option<Cow<'a, str>>,
    },
    /// A support ticket moved.
    Ticket {
        /// Which.
        ticket_id: Cow<'a, str>,
        /// What happened to it.
        action: TicketAction,
        /// Through which channel.
        channel: Option<Cow<'a, str>>,
        /// Who served.
        agent: Option<Cow<'a, str>>,
    },
    /// A post on a social network was seen or answered.
    Social {
        /// Which.
        post_id: Cow<'a, str>,
        /// What happened to it.
        action: SocialAction,
        /// On which network.
        network: Option<Cow<'a, str>>,
        /// How often.
        count: u64,
    },
    /// Money was paid to win customers.
    Spend {
        /// Decimal text, validated, at least 0.
        amount: Cow<'a, str>,
        /// ISO 4217 code, upper case.
        currency: Cow<'a, str>,
        /// Through which channel.
        channel: Option<Cow<'a, str>>,
    },
}

/// A page view's own fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Pageview<'a> {
    /// The path as sent, 1..=2048 bytes; fragment and query are still on it.
    pub page: Cow<'a, str>,
    /// The view's id, if sent.
    pub pageview_id: Option<Cow<'a, str>>,
    /// Millionths of the page's height, 0..=1_000_000.
    pub scroll_depth: Option<u32>,
    /// Engaged milliseconds.
    pub engaged_ms: Option<u64>,
}

/// A page leave has the fields of a page view.
pub type Pageleave<'a> = Pageview<'a>;

/// `session` actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionAction {
    /// Opens.
    Start,
    /// Closes.
    End,
}

/// A survey's score in thousandths; `None` if the survey was dismissed.
pub type Score = Option<u32>;

/// `survey` kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurveyKind {
    /// Net promoter score, 0..=10.
    Nps,
    /// Customer satisfaction, 1..=5.
    Csat,
    /// Customer effort score, 1..=scale.
    Ces,
    /// Customer experience index, 1..=scale.
    Cxi,
}

/// Components of the customer experience index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// Effort.
    Effort,
    /// Empathy.
    Empathy,
    /// Understanding.
    Understanding,
    /// Efficiency.
    Efficiency,
}

/// `subscription` actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionAction {
    /// Begins.
    Start,
    /// Goes on.
    Renew,
    /// For more.
    Upgrade,
    /// For less.
    Downgrade,
    /// Ends.
    Cancel,
}

/// `ticket` actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketAction {
    /// The customer asked.
    Opened,
    /// The agent answered.
    Replied,
    /// Done.
    Resolved,
}

/// `social` actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocialAction {
    /// Seen.
    Impression,
    /// Liked.
    Like,
    /// Shared.
    Share,
    /// Saved.
    Save,
    /// Commented on.
    Comment,
    /// Mentioned.
    Mention,
}

/// The contract's event types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// `pageview`
    Pageview,
    /// `pageleave`
    Pageleave,
    /// `session`
    Session,
    /// `feature_use`
    FeatureUse,
    /// `impression`
    Impression,
    /// `click`
    Click,
    /// `survey`
    Survey,
    /// `purchase`
    Purchase,
    /// `subscription`
    Subscription,
    /// `ticket`
    Ticket,
    /// `social`
    Social,
    /// `spend`
    Spend,
}

impl EventType {
    /// Every type, in the contract's order.
    pub const ALL: [EventType; 12] = [
        Self::Pageview,
        Self::Pageleave,
        Self::Session,
        Self::FeatureUse,
        Self::Impression,
        Self::Click,
        Self::Survey,
        Self::Purchase,
        Self::Subscription,
        Self::Ticket,
        Self::Social,
        Self::Spend,
    ];

    /// The name in the `type` field.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pageview => "pageview",
            Self::Pageleave => "pageleave",
            Self::Session => "session",
            Self::FeatureUse => "feature_use",
            Self::Impression => "impression",
            Self::Click => "click",
            Self::Survey => "survey",
            Self::Purchase => "purchase",
            Self::Subscription => "subscription",
            Self::Ticket => "ticket",
            Self::Social => "social",
            Self::Spend => "spend",
        }
    }

    /// Whether events of the type need no user.
    pub const fn needs_no_user(self) -> bool {
        matches!(self, Self::Social | Self::Spend)
    }
}

impl Event<'_> {
    /// The event's type.
    pub const fn event_type(&self) -> EventType {
        match self.kind {
            EventKind::Pageview(_) => EventType::Pageview,
            EventKind::Pageleave(_) => EventType::Pageleave,
            EventKind::Session(_) => EventType::Session,
            EventKind::FeatureUse { .. } => EventType::FeatureUse,
            EventKind::Impression { .. } => EventType::Impression,
            EventKind::Click { .. } => EventType::Click,
            EventKind::Survey { .. } => EventType::Survey,
            EventKind::Purchase { .. } => EventType::Purchase,
            EventKind::Subscription { .. } => EventType::Subscription,
            EventKind::Ticket { .. } => EventType::Ticket,
            EventKind::Social { .. } => EventType::Social,
            EventKind::Spend { .. } => EventType::Spend,
        }
    }

    /// Whether the event is activity of its user: it makes them a visitor.
    pub const fn is_activity(&self) -> bool {
        match self.kind {
            EventKind::Pageview(_)
            | EventKind::Session(_)
            | EventKind::Click { .. }
            | EventKind::Purchase { .. } => true,
            EventKind::FeatureUse { interactive, .. } => interactive,
            _ => false,
        }
    }
}
