//! What a statement gives back.

use std::ffi::CStr;
use std::ptr::NonNull;

use bytes::Bytes;

use crate::exception::{Exception, kind};
use crate::ffi::{Api, ResultPtr};

/// Rows and bytes of a statement, as ClickHouse counts them in `X-ClickHouse-Summary`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Rows read from storage.
    pub(crate) read_rows: u64,
    /// Bytes read from storage, uncompressed.
    pub(crate) read_bytes: u64,
    /// Rows written, those of materialized views included.
    pub(crate) written_rows: u64,
    /// Bytes written, uncompressed.
    pub(crate) written_bytes: u64,
    /// Rows of the result.
    pub(crate) result_rows: u64,
}

/// The result of a statement that went well.
pub(crate) struct Output {
    /// The rows in the format asked for. Still the engine's memory: nothing is copied.
    pub(crate) data: Bytes,
    /// What it read and wrote.
    pub(crate) counts: Counts,
}

impl Output {
    /// Takes over a result of the engine.
    pub(crate) fn take(api: &'static Api, result: ResultPtr) -> Result<Self, Exception> {
        let Some(result) = NonNull::new(result) else {
            return Err(Exception::new(kind::UNKNOWN_EXCEPTION, "the embedded engine gave no result"));
        };
        let result = Owned { api, result };
        let raw = result.result.as_ptr();
        #[expect(unsafe_code, reason = "calls into the engine")]
        // SAFETY: the result is alive, and its error text lives as long and ends in zero.
        let (error, counts) = unsafe {
            let error = (api.chdb_result_error)(raw);
            let counts = Counts {
                read_rows: (api.chdb_result_storage_rows_read)(raw),
                read_bytes: (api.chdb_result_storage_bytes_read)(raw),
                written_rows: (api.chdb_result_rows_written)(raw),
                written_bytes: (api.chdb_result_bytes_written)(raw),
                result_rows: (api.chdb_result_rows_read)(raw),
            };
            let error = (!error.is_null()).then(|| CStr::from_ptr(error));
            (error.map(|text| Exception::from_engine(text.to_string_lossy())), counts)
        };
        match error {
            Some(error) => Err(error),
            None if result.as_ref().is_empty() => Ok(Self { data: Bytes::new(), counts }),
            None => Ok(Self { data: Bytes::from_owner(result), counts }),
        }
    }
}

/// A result that is destroyed with its last reader.
struct Owned {
    api: &'static Api,
    result: NonNull<std::ffi::c_void>,
}

#[expect(unsafe_code, reason = "a raw pointer is not Send by itself")]
// SAFETY: a result belongs to no thread and no connection; it is not changed after it was made.
unsafe impl Send for Owned {}

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        #[expect(unsafe_code, reason = "calls into the engine")]
        // SAFETY: buffer and length belong together and live as long as the result.
        unsafe {
            let data = (self.api.chdb_result_buffer)(self.result.as_ptr());
            let length = (self.api.chdb_result_length)(self.result.as_ptr());
            if data.is_null() { &[] } else { std::slice::from_raw_parts(data, length) }
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "call into the engine")]
        // SAFETY: the result is ours, and nobody reads it any more.
        unsafe {
            (self.api.chdb_destroy_query_result)(self.result.as_ptr());
        }
    }
}
