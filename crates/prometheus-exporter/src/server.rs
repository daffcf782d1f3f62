//! The HTTP server.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::{TEXT_FORMAT, TextEncoder};
use tokio::net::TcpListener;

use crate::{
    health::{Clock, Heartbeat, Readiness},
    limits::SiteLimits,
    partitions,
    pipeline::PipelineMetrics,
    published::Published,
    sites,
};

/// Why the exporter cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ExporterError {
    /// The address is taken, or not this machine's.
    #[error("listening on {addr} for /metrics: choose another address in metrics.listen")]
    Bind {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The server broke off.
    #[error("serving /metrics")]
    Serve(#[source] io::Error),
    /// A family could not be written as text.
    #[error("writing the metrics as text")]
    Encode(#[source] prometheus::Error),
}

/// Everything that the endpoints read; shared with those who write it.
#[derive(Clone)]
pub struct Exporter {
    /// What the fold has to say.
    pub published: Arc<Published>,
    /// What the process does.
    pub metrics: Arc<PipelineMetrics>,
    /// For `/readyz`.
    pub readiness: Arc<Readiness>,
    /// For `/healthz`.
    pub heartbeat: Arc<Heartbeat>,
    /// For `/healthz`: a fold without a sign of life for so long is dead.
    pub stalled_after: Duration,
    /// Against which signs of life are held.
    pub clock: Clock,
    /// Bounds on labels.
    pub limits: SiteLimits,
}

impl Exporter {
    /// Listens on `addr` (port 0: any free one). The future returned serves until `shutdown` is done
    /// and the requests under way are answered.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on; the future, if the server breaks off.
    pub async fn bind(
        self,
        addr: SocketAddr,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(SocketAddr, impl Future<Output = Result<(), ExporterError>> + Send), ExporterError> {
        let failed = |source| ExporterError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(failed)?;
        let local_addr = listener.local_addr().map_err(failed)?;
        let router = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(healthz))
            .route("/readyz", get(readyz))
            .with_state(self);
        let server = async move {
            axum::serve(listener, router).with_graceful_shutdown(shutdown).await.map_err(ExporterError::Serve)
        };
        Ok((local_addr, server))
    }

    /// The text of `/metrics`, families in order of their names.
    ///
    /// # Errors
    ///
    /// If a family cannot be written as text.
    pub fn render(&self) -> Result<String, ExporterError> {
        let instant = self.published.get();
        let mut families = sites::families(&instant, self.limits);
        families.extend(partitions::families(&instant));
        families.extend(self.metrics.families());
        families.sort_by(|a, b| a.name().cmp(b.name()));
        TextEncoder::new().encode_to_string(&families).map_err(ExporterError::Encode)
    }
}

async fn metrics(State(exporter): State<Exporter>) -> Response {
    // Adding up many labels takes milliseconds, which the runtime's threads should not be kept from.
    let text = tokio::task::spawn_blocking(move || exporter.render()).await;
    match text {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "a scrape of /metrics failed");
    let text = "the metrics could not be written; the log says why\n";
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}

async fn healthz(State(exporter): State<Exporter>) -> Response {
    let age = exporter.heartbeat.age((exporter.clock)());
    if age <= exporter.stalled_after {
        return "ok\n".into_response();
    }
    let text = format!("no sign of life from the fold for {} s\n", age.as_secs());
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

async fn readyz(State(exporter): State<Exporter>) -> Response {
    match exporter.readiness.reason() {
        None => "ready\n".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}
