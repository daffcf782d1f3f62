//! ClickHouse's HTTP interface.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::blocks;
use crate::body::RequestBody;
use crate::engine::Engine;
use crate::exception::{Exception, kind};
use crate::guard;
use crate::multipart;
use crate::request::Request;
use crate::run::{self, Answer};

/// How large a multipart body may be: it is read as a whole.
const MAX_MULTIPART: usize = 64 << 20;

/// What the handlers share.
pub(crate) struct Shared {
    engine: Arc<Engine>,
    /// As ClickHouse reports it, at the end of its messages.
    version: String,
    statements: Semaphore,
    limit: usize,
    /// Whether clients come from this machine only.
    local: bool,
    queries: AtomicU64,
}

impl Shared {
    pub(crate) fn new(engine: Arc<Engine>, version: String, limit: usize, local: bool) -> Self {
        let statements = Semaphore::new(limit.min(Semaphore::MAX_PERMITS));
        Self { engine, version, statements, limit, local, queries: AtomicU64::new(1) }
    }

    /// Statements that run now.
    pub(crate) fn running(&self) -> usize {
        self.limit.saturating_sub(self.statements.available_permits())
    }

    fn query_id(&self, request: &Request) -> HeaderValue {
        let given = request.query_id.as_deref().and_then(|id| HeaderValue::from_str(id).ok());
        given.unwrap_or_else(|| HeaderValue::from(self.queries.fetch_add(1, Ordering::Relaxed)))
    }
}

/// The routes of ClickHouse's HTTP interface.
pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/ping", get(async || "Ok.\n"))
        .route("/replicas_status", get(async || "Ok.\n"))
        .route("/", any(statement))
        .fallback(async || (StatusCode::NOT_FOUND, "There is no such handle. Use / or /ping.\n"))
        .with_state(shared)
}

async fn statement(State(shared): State<Arc<Shared>>, http: HttpRequest) -> Response {
    let (parts, body) = http.into_parts();
    let mut body = RequestBody::new(body);
    let request = guard::check(&parts.headers, shared.local)
        .and_then(|()| Request::read(&parts.method, &parts.uri, &parts.headers));
    let mut request = match request {
        Ok(request) => request,
        Err(error) => return refuse(&shared, &mut body, error, false).await,
    };
    if request.readonly && request.query.is_empty() {
        return "Ok.\n".into_response();
    }
    body.set_compressed(request.decompress);
    let (compress, id) = (request.compress, shared.query_id(&request));
    let answer = match take_fields(&mut request, &parts.headers, &mut body).await {
        Ok(()) => match shared.statements.try_acquire() {
            Ok(_running) => run::run(&shared.engine, request, &mut body).await,
            Err(_) => Err(Exception::new(
                kind::TOO_MANY_SIMULTANEOUS_QUERIES,
                format_args!("Too many simultaneous queries. Maximum: {}", shared.limit),
            )),
        },
        Err(error) => Err(error),
    };
    let mut response = match answer {
        Ok(answer) => respond(answer, compress).await,
        Err(error) => refuse(&shared, &mut body, error, compress).await,
    };
    response.headers_mut().insert(HeaderName::from_static("x-clickhouse-query-id"), id);
    response
}

/// Takes statement and parameters over from a multipart body, if the body is one.
async fn take_fields(
    request: &mut Request,
    headers: &HeaderMap,
    body: &mut RequestBody,
) -> Result<(), Exception> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(boundary) = content_type.and_then(multipart::boundary) else {
        return Ok(());
    };
    let mut whole = Vec::new();
    if !body.read_into(&mut whole, MAX_MULTIPART).await? {
        let what = format_args!("A multipart body may have {MAX_MULTIPART} bytes");
        return Err(Exception::new(kind::QUERY_IS_TOO_LARGE, what));
    }
    for (name, value) in multipart::fields(&whole, boundary)? {
        request.set(name, value)?;
    }
    Ok(())
}

async fn respond(Answer { output, format }: Answer, compress: bool) -> Response {
    let counts = output.counts;
    // ClickHouse's clients expect numbers as strings here.
    let summary = json!({
        "read_rows": counts.read_rows.to_string(),
        "read_bytes": counts.read_bytes.to_string(),
        "written_rows": counts.written_rows.to_string(),
        "written_bytes": counts.written_bytes.to_string(),
        "result_rows": counts.result_rows.to_string(),
        "result_bytes": output.data.len().to_string(),
    });
    let data = if compress { blocks::compress(&output.data) } else { output.data };
    let mut response = Response::new(Body::from(data));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(&format)));
    for (name, value) in [("x-clickhouse-summary", summary.to_string()), ("x-clickhouse-format", format)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers.insert(HeaderName::from_static("x-clickhouse-timezone"), HeaderValue::from_static("UTC"));
    response
}

/// Answers with an exception, after all of the body has been read.
async fn refuse(shared: &Shared, body: &mut RequestBody, error: Exception, compress: bool) -> Response {
    body.drain().await;
    tracing::debug!(code = error.code, "a statement failed");
    let text = error.text(&shared.version).into_bytes();
    let mut response = Response::new(if compress { blocks::compress(&text).into() } else { text.into() });
    *response.status_mut() = error.status();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=UTF-8"));
    headers.insert(HeaderName::from_static("x-clickhouse-exception-code"), HeaderValue::from(error.code));
    response
}

fn content_type(format: &str) -> &'static str {
    match format {
        "JSONEachRow" | "JSONCompactEachRow" | "JSONLines" | "NDJSON" => {
            "application/x-ndjson; charset=UTF-8"
        }
        _ if format.starts_with("JSON") => "application/json; charset=UTF-8",
        _ if format.starts_with("CSV") => "text/csv; charset=UTF-8; header=absent",
        _ if format.starts_with("TabSeparated") || format.starts_with("TSV") => {
            "text/tab-separated-values; charset=UTF-8"
        }
        "Native" | "Parquet" | "Arrow" | "ArrowStream" => "application/octet-stream",
        _ if format.starts_with("RowBinary") => "application/octet-stream",
        _ => "text/plain; charset=UTF-8",
    }
}
