//! The event contract: decode and validate one record into an event.
//!
//! [`decode`] turns a record's bytes into an [`Event`] that borrows from them, or says why not: a
//! [`Rejection`] names the reason and the offending field, a [`Skip`] what is passed over on
//! purpose. Nothing here knows of time, Kafka or files.

mod decode;
mod event;
mod field;
mod kind;
mod names;
mod number;
mod precheck;
mod reject;
mod scan;
mod timestamp;
mod value;

pub use decode::{Decoded, MAX_RECORD_BYTES, decode};
pub use event::{
    Component, Event, EventKind, EventType, Pageleave, Pageview, Score, SessionAction, SocialAction,
    SubscriptionAction, SurveyKind, TicketAction, UserRef,
};
pub use reject::{Reason, Rejection, Skip};
pub use timestamp::parse_rfc3339;
