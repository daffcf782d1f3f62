//! The little of HTTP that the tests need.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

const LIMIT: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Asks `host:port`; `None` if nobody answers.
pub(crate) fn get(host: &str, path: &str) -> Option<Answer> {
    exchange(host, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
}

/// Sends a body to `host:port`; `None` if nobody answers.
pub(crate) fn post(host: &str, body: &str) -> Option<Answer> {
    let length = body.len();
    exchange(
        host,
        &format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
    )
}

fn exchange(host: &str, request: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}
