//! The engine, of which a process has one, and its connections.

use std::ffi::{CString, c_char, c_int, c_void};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use crate::error::Error;
use crate::exception::{Exception, kind};
use crate::ffi::{self, Api, ConnectionPtr};
use crate::insert::InsertStream;
use crate::options::Options;
use crate::output::Output;

/// A connection that is open; closed by whoever owns it.
struct Handle(NonNull<*mut c_void>);

#[expect(unsafe_code, reason = "a raw pointer is not Send by itself")]
// SAFETY: the engine lets a connection be used from any thread, one at a time; Handle is not Clone.
unsafe impl Send for Handle {}
#[expect(unsafe_code, reason = "a raw pointer is not Sync by itself")]
// SAFETY: nothing can be done with a `&Handle` but read the pointer; calls need the owner's `&mut`, or its end.
unsafe impl Sync for Handle {}

/// The engine that runs: as long as one connection is open, so it holds one that runs nothing.
pub(crate) struct Engine {
    api: &'static Api,
    data_dir: PathBuf,
    options: Options,
    arguments: Vec<CString>,
    anchor: Handle,
    /// Connections opened so far.
    connections: AtomicU64,
}

/// The engine of this process. `Some` until it has closed, so that nobody opens one while it does.
static RUNNING: Mutex<Option<Weak<Engine>>> = Mutex::new(None);
static CLOSED: Condvar = Condvar::new();

fn running() -> MutexGuard<'static, Option<Weak<Engine>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engine {
    /// Opens the engine on a data folder, which is made if absent. A second call with the same folder and
    /// limits shares the engine. Blocks.
    pub(crate) fn open(library: &Path, data_dir: &Path, options: &Options) -> Result<Arc<Self>, Error> {
        let api = ffi::load(library)?;
        fs::create_dir_all(data_dir)
            .and_then(|()| data_dir.canonicalize())
            .map_err(|source| Error::DataDir { path: data_dir.to_path_buf(), source })
            .and_then(|data_dir| Self::open_in(api, data_dir, options))
    }

    fn open_in(api: &'static Api, data_dir: PathBuf, options: &Options) -> Result<Arc<Self>, Error> {
        let mut slot = running();
        while let Some(engine) = slot.as_ref() {
            let Some(engine) = engine.upgrade() else {
                slot = CLOSED.wait(slot).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            return if engine.data_dir != data_dir {
                // Not to be dropped under the lock: closing takes it.
                let running = engine.data_dir.clone();
                drop(slot);
                Err(Error::OtherDataDir { asked: data_dir, running })
            } else if engine.options != *options {
                drop(slot);
                Err(Error::OtherLimits { path: data_dir })
            } else {
                drop(slot);
                Ok(engine)
            };
        }
        let arguments = arguments(&data_dir, options)?;
        let anchor = connect(api, &arguments).ok_or_else(|| Error::Open { path: data_dir.clone() })?;
        end_at_once_on_exit();
        let engine = Arc::new(Self {
            api,
            data_dir,
            options: options.clone(),
            arguments,
            anchor,
            connections: AtomicU64::new(1),
        });
        *slot = Some(Arc::downgrade(&engine));
        Ok(engine)
    }

    /// Opens a connection: a session of its own, with nothing of what others have set. 0.15 ms.
    pub(crate) fn connect(self: &Arc<Self>) -> Result<Connection, Exception> {
        // Now and then, since each call costs a few bytes and what the engine adds comes mostly early.
        if self.connections.fetch_add(1, Ordering::Relaxed).is_power_of_two() {
            end_at_once_on_exit();
        }
        match connect(self.api, &self.arguments) {
            Some(handle) => Ok(Connection { handle, engine: Arc::clone(self) }),
            None => Err(Exception::new(
                kind::ALL_CONNECTION_TRIES_FAILED,
                format_args!("the embedded engine on {} takes no connection", self.data_dir.display()),
            )),
        }
    }

    /// The data folder, absolute.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let mut slot = running();
        close(self.api, &self.anchor);
        *slot = None;
        CLOSED.notify_all();
    }
}

/// Sees to it that a process that exits while the engine is open (a second signal, an error on the way out)
/// ends with the status it meant to. The engine's destructors would run while its threads still work, and
/// the process die of SIGSEGV or SIGABRT. What was acknowledged is in files already, as after a kill.
///
/// To be called again after more of the engine has been used: exit handlers run last in, first out, and
/// those the engine has added since the last call would come before ours.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn end_at_once_on_exit() {
    extern "C" fn end_at_once(status: c_int, _nothing: *mut c_void) {
        if running().is_some() {
            #[expect(unsafe_code, reason = "call into the C library")]
            // SAFETY: ends the process; Rust's buffers were flushed before the exit handlers run.
            unsafe {
                _exit(status);
            }
        }
    }

    #[expect(unsafe_code, reason = "functions of the C library")]
    unsafe extern "C" {
        fn on_exit(callback: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
        fn _exit(status: c_int) -> !;
    }

    #[expect(unsafe_code, reason = "call into the C library")]
    // SAFETY: the callback lives as long as the process, takes nothing and does not unwind.
    unsafe {
        on_exit(end_at_once, std::ptr::null_mut());
    }
}

/// Elsewhere the engine has to be shut down before the process exits.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn end_at_once_on_exit() {}

/// The engine reads the first three when it opens; all name settings of the connection too.
fn arguments(data_dir: &Path, options: &Options) -> Result<Vec<CString>, Error> {
    let path = [b"--path=", data_dir.as_os_str().as_bytes()].concat();
    let texts = [
        b"tidegauge".to_vec(),
        path,
        format!("--max_server_memory_usage={}", options.max_memory_bytes).into_bytes(),
        format!("--max_threads={}", options.max_threads.max(1)).into_bytes(),
        // Since 26.x the engine would collect inserts of several clients; ours come in batches already.
        b"--async_insert=0".to_vec(),
        // Standard error is the host's: no progress bars.
        b"--progress=off".to_vec(),
        b"--progress-table=off".to_vec(),
        // On a terminal it would write its own log there; errors come with the answers.
        b"--log-level=none".to_vec(),
    ];
    let strings: Result<_, _> = texts.into_iter().map(CString::new).collect();
    strings.map_err(|_| Error::DataDirName { path: data_dir.to_path_buf() })
}

fn connect(api: &Api, arguments: &[CString]) -> Option<Handle> {
    let mut pointers: Vec<*mut c_char> = arguments.iter().map(|text| text.as_ptr().cast_mut()).collect();
    let count = c_int::try_from(pointers.len()).ok()?;
    pointers.push(std::ptr::null_mut());
    #[expect(unsafe_code, reason = "call into the engine")]
    // SAFETY: `pointers` holds `count` texts that end in zero, and a null; the engine does not write to them.
    let connection = unsafe { (api.chdb_connect)(count, pointers.as_mut_ptr()) };
    NonNull::new(connection).map(Handle)
}

fn close(api: &Api, handle: &Handle) {
    #[expect(unsafe_code, reason = "call into the engine")]
    // SAFETY: the handle is open; both callers own it and do not use it afterwards.
    unsafe {
        (api.chdb_close_conn)(handle.0.as_ptr());
    }
}

/// A session with the engine. It runs one statement at a time, and every call blocks.
pub(crate) struct Connection {
    handle: Handle,
    engine: Arc<Engine>,
}

impl Connection {
    /// Runs a statement to its end. `parameters` are names and values of `{name:Type}`.
    pub(crate) fn query(
        &mut self,
        sql: &[u8],
        format: &str,
        parameters: &[(String, String)],
    ) -> Result<Output, Exception> {
        let api = self.engine.api;
        let names = ffi::TextList::of(parameters.iter().map(|(name, _)| name.as_str()));
        let values = ffi::TextList::of(parameters.iter().map(|(_, value)| value.as_str()));
        let ((name, name_length), (value, value_length)) = (names.raw(), values.raw());
        #[expect(unsafe_code, reason = "call into the engine")]
        // SAFETY: the connection is open and ours alone (`&mut`); every text goes with its length and
        // outlives the call, and the lists have `parameters.len()` entries.
        let result = unsafe {
            (api.chdb_query_with_params_n)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                name,
                name_length,
                value,
                value_length,
                parameters.len(),
            )
        };
        Output::take(api, result)
    }

    /// Begins an INSERT whose data is appended afterwards. `sql` ends before `FORMAT` or `VALUES`.
    pub(crate) fn insert(
        &mut self,
        sql: &[u8],
        format: &str,
        parameters: &[(String, String)],
    ) -> Result<InsertStream<'_>, Exception> {
        let api = self.engine.api;
        let names = ffi::TextList::of(parameters.iter().map(|(name, _)| name.as_str()));
        let values = ffi::TextList::of(parameters.iter().map(|(_, value)| value.as_str()));
        let ((name, name_length), (value, value_length)) = (names.raw(), values.raw());
        #[expect(unsafe_code, reason = "call into the engine")]
        // SAFETY: as for a query; InsertStream borrows the connection, so it stays open and unused by others.
        let stream = unsafe {
            (api.chdb_stream_insert_with_params_n)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                name,
                name_length,
                value,
                value_length,
                parameters.len(),
            )
        };
        InsertStream::begin(api, stream)
    }

    fn raw(&self) -> *mut c_void {
        let connection: ConnectionPtr = self.handle.0.as_ptr();
        #[expect(unsafe_code, reason = "the engine hands out a pointer to a pointer")]
        // SAFETY: not null, and valid until the connection is closed, which is when `self` drops.
        unsafe {
            *connection
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        close(self.engine.api, &self.handle);
    }
}
