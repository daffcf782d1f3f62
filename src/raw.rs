//! Raw events for the table `events`.

use std::sync::Arc;

use clickhouse_sink::RawEventRow;
use event_model::Event;
use window_state::rows::UserId;

/// The row of an accepted or late event.
pub(crate) fn raw_event(
    event: &Event<'_>,
    value: &[u8],
    partition: i32,
    offset: u64,
    late: bool,
) -> RawEventRow {
    let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(Arc::from);
    RawEventRow {
        partition,
        offset,
        timestamp: event.timestamp,
        kind: event.event_type().name(),
        site: Arc::from(&*event.site),
        user: event
            .user
            .as_ref()
            .map(|user| UserId { id: Arc::from(user.id()), anonymous: user.is_anonymous() }),
        session_id: text(&event.session_id),
        event_id: text(&event.event_id),
        late,
        raw: Arc::from(String::from_utf8_lossy(value)),
    }
}
