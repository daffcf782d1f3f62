//! The headers that carry an origin, and reading them without copying.

use std::{ffi::CStr, marker::PhantomData, ptr};

use rdkafka::{bindings, message::BorrowedMessage, types::RDKafkaHeaders};

/// Of a merged record: its origin, `topic/partition/offset`.
pub const HEADER_ORIGIN: &str = "tidegauge-origin";
/// Of a merged record: its own time there, `create/MILLIS`, `append/MILLIS` or `none`.
pub const HEADER_RECORD_TIME: &str = "tidegauge-record-time";
/// Of a dead letter: the topic it was read from.
pub const HEADER_TOPIC: &str = "tidegauge-topic";
/// Of a dead letter: the partition it was read from.
pub const HEADER_PARTITION: &str = "tidegauge-partition";
/// Of a dead letter: its offset there.
pub const HEADER_OFFSET: &str = "tidegauge-offset";
/// Of a dead letter: the record's own time, epoch milliseconds; absent if it had none.
pub const HEADER_TIMESTAMP: &str = "tidegauge-timestamp";
/// Of a dead letter: the reason's code.
pub const HEADER_REASON: &str = "tidegauge-reason";
/// Of a dead letter: the offending field; absent where the record as a whole is at fault.
pub const HEADER_FIELD: &str = "tidegauge-field";

/// A message's headers. rdkafka's own reader panics on a name that is not UTF-8; this one looks
/// values up by name inside librdkafka instead.
pub(crate) struct RawHeaders<'a> {
    native: *const RDKafkaHeaders,
    message: PhantomData<&'a ()>,
}

impl<'a> RawHeaders<'a> {
    /// The headers of `message`, if it has any.
    pub(crate) fn of(message: &'a BorrowedMessage<'_>) -> Option<Self> {
        let mut native = ptr::null_mut();
        #[expect(unsafe_code, reason = "rdkafka has no lookup by name")]
        // SAFETY: the message is alive for 'a and owns the headers that are written to `native`.
        let code = unsafe { bindings::rd_kafka_message_headers(message.ptr(), &raw mut native) };
        (code == bindings::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR && !native.is_null())
            .then_some(Self { native, message: PhantomData })
    }

    /// The last value under `name`, if it is UTF-8.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        let mut terminated = [0u8; 32];
        terminated.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        let name = CStr::from_bytes_until_nul(&terminated).ok()?;
        let (mut value, mut size) = (ptr::null(), 0usize);
        #[expect(unsafe_code, reason = "rdkafka has no lookup by name")]
        // SAFETY: `native` belongs to the message, which lives for 'a; `name` ends with a zero byte;
        // on success librdkafka points `value` at `size` bytes inside the headers.
        let bytes = unsafe {
            let code =
                bindings::rd_kafka_header_get_last(self.native, name.as_ptr(), &raw mut value, &raw mut size);
            if code != bindings::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || value.is_null() {
                return None;
            }
            std::slice::from_raw_parts(value.cast::<u8>(), size)
        };
        std::str::from_utf8(bytes).ok()
    }
}
