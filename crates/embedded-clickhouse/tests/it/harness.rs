//! One engine for all tests, since a process can have one; a database of its own for each test.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use bytes::Bytes;
use clickhouse::Client;
use embedded_clickhouse::{EmbeddedClickHouse, find_library};
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, StatusCode};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Runtime;

pub struct Harness {
    pub library: PathBuf,
    clickhouse: Option<EmbeddedClickHouse>,
    http: HttpClient<HttpConnector, Full<Bytes>>,
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()
});

/// The engine, as long as a test uses it: it has to be shut down before the process ends, and nobody tells
/// the last test that it is the last. It starts again in no time.
static CURRENT: Mutex<Weak<Harness>> = Mutex::new(Weak::new());

fn current() -> Option<Arc<Harness>> {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| fresh_folder("shared"));

    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(harness) = current.upgrade() {
        return Some(harness);
    }
    let library = library()?;
    let listen = ([127, 0, 0, 1], 0).into();
    let clickhouse = RUNTIME.block_on(EmbeddedClickHouse::start(&library, &FOLDER, listen)).unwrap();
    let http = HttpClient::builder(TokioExecutor::new()).build_http();
    let harness = Arc::new(Harness { library, clickhouse: Some(clickhouse), http });
    *current = Arc::downgrade(&harness);
    Some(harness)
}

impl Drop for Harness {
    fn drop(&mut self) {
        let stopped = self.clickhouse.take().map(|clickhouse| RUNTIME.block_on(clickhouse.shutdown()));
        assert!(std::thread::panicking() || stopped.is_none_or(|result| result.is_ok()));
    }
}

/// The engine's library; `None`, said aloud, if it is not there.
pub fn library() -> Option<PathBuf> {
    match find_library(None) {
        Ok(library) => Some(library),
        Err(error) if env::var("CI").is_ok_and(|ci| ci == "true") => panic!("{error}"),
        Err(error) => {
            // Not by a macro: the test harness would swallow it.
            let _ = writeln!(std::io::stderr(), "SKIPPED: {error}");
            None
        }
    }
}

/// An empty folder for this process. What processes before it left behind goes.
pub fn fresh_folder(name: &str) -> PathBuf {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let prefix = format!("clickhouse-{name}-");
    for old in fs::read_dir(all).unwrap().flatten() {
        let file_name = old.file_name();
        let process =
            file_name.to_str().and_then(|it| it.strip_prefix(&prefix)).and_then(|it| it.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new("/proc").join(process.to_string()).exists()) {
            let _ = fs::remove_dir_all(old.path());
        }
    }
    let folder = all.join(format!("{prefix}{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a test with the shared engine and a new database.
pub fn with_database(database: &str, test: impl AsyncFnOnce(&Harness)) {
    let Some(harness) = current() else { return };
    RUNTIME.block_on(async {
        let created = harness.post("/", format!("CREATE DATABASE {database}")).await;
        assert_eq!(created.text(), "");
        test(&harness).await;
    });
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Status, exception code in the header, and the same code in the text.
    #[track_caller]
    pub fn assert_exception(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.headers["x-clickhouse-exception-code"], code, "{}", self.text());
        assert!(self.text().starts_with(&format!("Code: {code}. DB::Exception: ")), "{}", self.text());
    }
}

impl Harness {
    fn url(&self) -> String {
        self.clickhouse.as_ref().unwrap().url()
    }

    /// The official client.
    pub fn client(&self, database: &str) -> Client {
        Client::default().with_url(self.url()).with_database(database)
    }

    pub async fn post(&self, address: &str, body: impl Into<Bytes>) -> Answer {
        self.send(Method::POST, address, &[], body).await
    }

    pub async fn send(
        &self,
        method: Method,
        address: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut url = self.url();
        for byte in address.bytes() {
            match byte {
                b' ' | b'<' | b'>' | b'"' | b'`' | b'{' | b'}' => write!(url, "%{byte:02X}").unwrap(),
                _ => url.push(byte.into()),
            }
        }
        let mut request = hyper::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.http.request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}
