//! The endpoints over a real socket.

use std::net::{Ipv4Addr, SocketAddr};

use prometheus_exporter::{Exporter, ExporterError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use crate::fixture::{NOW, busy_exporter};

struct Server {
    addr: SocketAddr,
    exporter: Exporter,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ExporterError>>,
}

async fn serve() -> Server {
    let exporter = busy_exporter();
    let (stop, stopped) = oneshot::channel();
    let (addr, server) = exporter
        .clone()
        .bind((Ipv4Addr::LOCALHOST, 0).into(), async {
            let _ = stopped.await;
        })
        .await
        .unwrap();
    Server { addr, exporter, stop, task: tokio::spawn(server) }
}

/// Status line, headers, body.
async fn request(addr: SocketAddr, method: &str, path: &str) -> (String, String, String) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let (status, headers) = head.split_once("\r\n").unwrap();
    (status.to_owned(), headers.to_lowercase(), body.to_owned())
}

#[tokio::test]
async fn metrics_are_served_as_text() {
    let server = serve().await;
    let (status, headers, body) = request(server.addr, "GET", "/metrics").await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(headers.contains("content-type: text/plain; version=0.0.4"), "{headers}");
    assert_eq!(body, server.exporter.render().unwrap());
    let (status, ..) = request(server.addr, "POST", "/metrics").await;
    assert_eq!(status, "HTTP/1.1 405 Method Not Allowed");
    let (status, ..) = request(server.addr, "GET", "/").await;
    assert_eq!(status, "HTTP/1.1 404 Not Found");
}

#[tokio::test]
async fn readiness_says_why_not() {
    let server = serve().await;
    let (addr, exporter) = (server.addr, &server.exporter);
    let (status, _, body) = request(addr, "GET", "/readyz").await;
    assert_eq!(status, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(body, "reading the checkpoint of partition 0\n");
    exporter.readiness.ready();
    let (status, _, body) = request(addr, "GET", "/readyz").await;
    assert_eq!((status.as_str(), body.as_str()), ("HTTP/1.1 200 OK", "ready\n"));
    exporter.readiness.not_ready("ClickHouse is away");
    let (status, _, body) = request(addr, "GET", "/readyz").await;
    assert_eq!(status, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(body, "ClickHouse is away\n");
}

#[tokio::test]
async fn health_follows_the_heartbeat() {
    let server = serve().await;
    let (addr, exporter) = (server.addr, &server.exporter);
    for (beat, healthy) in [(NOW, true), (NOW - 10_000, true), (NOW - 10_001, false), (NOW + 5_000, true)] {
        exporter.heartbeat.beat(beat);
        let (status, _, body) = request(addr, "GET", "/healthz").await;
        let expected = if healthy { "HTTP/1.1 200 OK" } else { "HTTP/1.1 503 Service Unavailable" };
        assert_eq!(status, expected, "{body}");
    }
    exporter.heartbeat.beat(NOW - 42_000);
    let (.., body) = request(addr, "GET", "/healthz").await;
    assert_eq!(body, "no sign of life from the fold for 42 s\n");
}

#[tokio::test]
async fn what_is_published_shows_at_the_next_scrape() {
    let server = serve().await;
    let (addr, exporter) = (server.addr, &server.exporter);
    let owned = |body: &str| crate::fixture::samples_of(body, "tidegauge_partitions_owned");
    let (.., body) = request(addr, "GET", "/metrics").await;
    assert_eq!(owned(&body), ["tidegauge_partitions_owned 2"]);
    exporter.published.set(Vec::new(), 2);
    let (.., body) = request(addr, "GET", "/metrics").await;
    assert_eq!(owned(&body), ["tidegauge_partitions_owned 0"]);
    assert!(!body.contains("tidegauge_active_users"));
}

#[tokio::test]
async fn it_stops_when_told_and_frees_the_address() {
    let Server { addr, stop, task, .. } = serve().await;
    let busy = busy_exporter().bind(addr, std::future::pending()).await;
    let error = busy.err().expect("the address is taken");
    assert!(error.to_string().contains(&addr.to_string()), "{error}");
    stop.send(()).unwrap();
    task.await.unwrap().unwrap();
    assert!(TcpStream::connect(addr).await.is_err());
    busy_exporter().bind(addr, std::future::pending()).await.map(|_| ()).unwrap();
}
