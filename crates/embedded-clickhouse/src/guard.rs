//! Keeps web pages out. The engine has no passwords and its SQL can read and write files, so a page in a
//! browser on this machine must not be able to post a statement to it.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};

use crate::exception::{Exception, kind};

/// Refuses what a browser sends on behalf of a page of another origin; and, if only this machine is served,
/// what asks for another host's name (a name that was made to point here).
pub(crate) fn check(headers: &HeaderMap, local: bool) -> Result<(), Exception> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    if let Some(origin) = text(header::ORIGIN) {
        let own = origin.split_once("://").is_some_and(|(_, rest)| !host.is_empty() && rest == host);
        if !own {
            return Err(denied(format_args!("Requests from web pages ({origin}) are not served")));
        }
    }
    if local && !is_local(host) {
        return Err(denied(format_args!(
            "Only this machine is served, by address or as localhost, not as {host}"
        )));
    }
    Ok(())
}

fn denied(what: std::fmt::Arguments<'_>) -> Exception {
    Exception::new(kind::ACCESS_DENIED, what)
}

fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _port)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _port)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn checked(host: &str, origin: Option<&str>, local: bool) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        origin.map(|origin| headers.insert(header::ORIGIN, origin.parse().unwrap()));
        check(&headers, local).is_ok()
    }

    #[test]
    fn clients_of_this_machine_pass() {
        for host in ["127.0.0.1:8123", "localhost:8123", "localhost", "[::1]:8123", "127.0.0.2"] {
            assert!(checked(host, None, true), "{host}");
        }
        assert!(checked("127.0.0.1:8123", Some("http://127.0.0.1:8123"), true));
    }

    #[test]
    fn web_pages_and_foreign_names_do_not() {
        assert!(!checked("127.0.0.1:8123", Some("https://example.com"), true));
        assert!(!checked("127.0.0.1:8123", Some("null"), true));
        assert!(!checked("127.0.0.1:8123", Some("http://127.0.0.1:80"), true));
        assert!(!checked("rebound.example.com:8123", None, true));
        assert!(checked("clickhouse:8123", None, false));
    }
}
