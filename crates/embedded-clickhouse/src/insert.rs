//! An INSERT whose data comes in pieces.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::engine::Connection;
use crate::exception::{Exception, kind};
use crate::ffi::{Api, StreamPtr};
use crate::output::{Counts, Output};

/// An INSERT that waits for data. Dropped before [`InsertStream::finish`], it is given up: what the engine
/// has not written yet is never written.
pub(crate) struct InsertStream<'a> {
    api: &'static Api,
    stream: NonNull<std::ffi::c_void>,
    finished: bool,
    connection: PhantomData<&'a mut Connection>,
}

impl<'a> InsertStream<'a> {
    /// Takes over a stream the engine has begun.
    pub(crate) fn begin(api: &'static Api, stream: StreamPtr) -> Result<Self, Exception> {
        let Some(stream) = NonNull::new(stream) else {
            return Err(Exception::new(kind::UNKNOWN_EXCEPTION, "the embedded engine began no insert"));
        };
        // An insert that failed to begin needs no cancelling, but is to be destroyed all the same.
        let begun = Self { api, stream, finished: false, connection: PhantomData };
        match begun.error() {
            Some(error) => Err(error),
            None => Ok(begun),
        }
    }

    /// Appends data in the insert's format, cut anywhere. Blocks while the engine has enough to do.
    pub(crate) fn append(&mut self, data: &[u8]) -> Result<(), Exception> {
        #[expect(unsafe_code, reason = "call into the engine")]
        // SAFETY: the stream is alive; the engine copies `data`.
        let state =
            unsafe { (self.api.chdb_stream_append)(self.stream.as_ptr(), data.as_ptr().cast(), data.len()) };
        if state == 0 {
            return Ok(());
        }
        // The thread that parses tells the reason when it is asked to finish, at the latest.
        match self.done() {
            Err(error) => Err(error),
            Ok(_) => Err(Exception::new(kind::UNKNOWN_EXCEPTION, "the embedded engine took no more data")),
        }
    }

    /// Writes what is left and waits until all of it is on disk.
    pub(crate) fn finish(mut self) -> Result<Counts, Exception> {
        self.done()
    }

    fn done(&mut self) -> Result<Counts, Exception> {
        self.finished = true;
        #[expect(unsafe_code, reason = "call into the engine")]
        // SAFETY: the stream is alive.
        let result = unsafe { (self.api.chdb_stream_done)(self.stream.as_ptr()) };
        Output::take(self.api, result).map(|output| output.counts)
    }

    fn error(&self) -> Option<Exception> {
        #[expect(unsafe_code, reason = "calls into the engine")]
        // SAFETY: the stream is alive, and so is its error text, which ends in zero.
        unsafe {
            let text = (self.api.chdb_stream_insert_error)(self.stream.as_ptr());
            (!text.is_null()).then(|| Exception::from_engine(CStr::from_ptr(text).to_string_lossy()))
        }
    }
}

impl Drop for InsertStream<'_> {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "calls into the engine")]
        // SAFETY: the stream is alive until it is destroyed here, once.
        unsafe {
            if !self.finished {
                (self.api.chdb_stream_cancel_insert)(self.stream.as_ptr());
            }
            (self.api.chdb_destroy_insert_stream)(self.stream.as_ptr());
        }
    }
}
