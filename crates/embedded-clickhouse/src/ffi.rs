//! The functions of `libchdb.so`, looked up at run time. Nothing here is checked: [`crate::engine`] is
//! the safe side.

use std::ffi::{c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use libloading::Library;

use crate::error::Error;

/// What `chdb_connect` returns: a pointer to the connection's handle.
pub(crate) type ConnectionPtr = *mut *mut c_void;
/// A `chdb_result *`.
pub(crate) type ResultPtr = *mut c_void;
/// A `chdb_insert_stream`.
pub(crate) type StreamPtr = *mut c_void;

/// What statements with parameters take after the connection: statement, format, names, values, count.
type Parameters = (*const *const c_char, *const usize);

macro_rules! api {
    ($($(#[$doc:meta])* $name:ident: fn($($arg:ty),*) $(-> $ret:ty)?;)*) => {
        /// The functions of the engine's C interface that are used here.
        pub(crate) struct Api {
            $($(#[$doc])* pub(crate) $name: unsafe extern "C" fn($($arg),*) $(-> $ret)?,)*
        }

        impl Api {
            #[expect(unsafe_code, reason = "symbols of a foreign library have the types we say")]
            fn load(library: &'static Library) -> Result<Self, libloading::Error> {
                Ok(Self {
                    // SAFETY: the signatures are those of chdb.h of the pinned version.
                    $($name: unsafe { *library.get(concat!(stringify!($name), "\0").as_bytes())? },)*
                })
            }
        }
    };
}

api! {
    chdb_set_signal_handlers_enabled: fn(c_int);
    /// Null on failure.
    chdb_connect: fn(c_int, *mut *mut c_char) -> ConnectionPtr;
    chdb_close_conn: fn(ConnectionPtr);
    /// Connection, statement, format, parameters' names, values, count.
    chdb_query_with_params_n: fn(*mut c_void, *const c_char, usize, *const c_char, usize,
        *const *const c_char, *const usize, *const *const c_char, *const usize, usize) -> ResultPtr;
    chdb_destroy_query_result: fn(ResultPtr);
    chdb_result_error: fn(ResultPtr) -> *const c_char;
    chdb_result_buffer: fn(ResultPtr) -> *const u8;
    chdb_result_length: fn(ResultPtr) -> usize;
    chdb_result_rows_read: fn(ResultPtr) -> u64;
    chdb_result_storage_rows_read: fn(ResultPtr) -> u64;
    chdb_result_storage_bytes_read: fn(ResultPtr) -> u64;
    chdb_result_rows_written: fn(ResultPtr) -> u64;
    chdb_result_bytes_written: fn(ResultPtr) -> u64;
    /// As for a query. Never null: ask `chdb_stream_insert_error`.
    chdb_stream_insert_with_params_n: fn(*mut c_void, *const c_char, usize, *const c_char, usize,
        *const *const c_char, *const usize, *const *const c_char, *const usize, usize) -> StreamPtr;
    chdb_stream_insert_error: fn(StreamPtr) -> *const c_char;
    /// 0 on success.
    chdb_stream_append: fn(StreamPtr, *const c_void, usize) -> c_int;
    chdb_stream_done: fn(StreamPtr) -> ResultPtr;
    chdb_stream_cancel_insert: fn(StreamPtr);
    chdb_destroy_insert_stream: fn(StreamPtr);
}

/// Loads the library, once in a process and for its whole life: unloading it would pull the code from under
/// the engine's threads.
pub(crate) fn load(path: &Path) -> Result<&'static Api, Error> {
    static LOADED: OnceLock<(PathBuf, Api)> = OnceLock::new();
    static LOADING: Mutex<()> = Mutex::new(());

    let _one_at_a_time = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    let asked = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    if LOADED.get().is_none() {
        let wrap = |source| Error::Load { path: asked.clone(), source };
        #[expect(unsafe_code, reason = "loading a library runs its constructors")]
        // SAFETY: the caller names the engine's library; its constructors need nothing from us.
        let library = unsafe { Library::new(&asked) }.map_err(wrap)?;
        let api = Api::load(Box::leak(Box::new(library))).map_err(wrap)?;
        #[expect(unsafe_code, reason = "call into the engine")]
        // SAFETY: takes a number; to be called before the first connect, else the engine takes our signals.
        unsafe {
            (api.chdb_set_signal_handlers_enabled)(0);
        }
        let _ = LOADED.set((asked.clone(), api));
    }
    match LOADED.get() {
        Some((loaded, api)) if *loaded == asked => Ok(api),
        Some((loaded, _)) => Err(Error::OtherLibrary { asked, loaded: loaded.clone() }),
        None => Err(Error::LibraryNotFound { path: asked }),
    }
}

/// Text in the form the C interface takes lists of it: pointers and lengths. Borrows from the texts.
pub(crate) struct TextList {
    pointers: Vec<*const c_char>,
    lengths: Vec<usize>,
}

impl TextList {
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let (pointers, lengths) = texts.map(|text| (text.as_ptr().cast(), text.len())).unzip();
        Self { pointers, lengths }
    }

    pub(crate) fn raw(&self) -> Parameters {
        (self.pointers.as_ptr(), self.lengths.as_ptr())
    }
}
