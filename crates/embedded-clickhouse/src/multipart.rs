//! Multipart bodies, in which clients send a statement together with its parameters.

use crate::exception::{Exception, kind};

/// The boundary of a `multipart/form-data` content type; `None` if it is another type.
pub(crate) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    Some(value.trim().trim_matches('"')).filter(|value| !value.is_empty())
}

/// The fields of a multipart body, in their order: names and values.
///
/// # Errors
///
/// A body that is not well formed, a value that is not UTF-8, or a file: tables sent along with a query are
/// not supported.
pub(crate) fn fields(body: &[u8], boundary: &str) -> Result<Vec<(String, String)>, Exception> {
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter may stand at the very beginning, without a line break before it.
    let mut rest = if body.starts_with(&delimiter.as_bytes()[2..]) {
        &body[delimiter.len() - 2..]
    } else {
        after(body, delimiter.as_bytes()).ok_or_else(|| malformed("it has no boundary"))?.1
    };
    let mut fields = Vec::new();
    while !rest.starts_with(b"--") {
        let (_, part) = after(rest, b"\r\n").ok_or_else(|| malformed("a boundary ends no line"))?;
        let (value, next) = after(part, delimiter.as_bytes()).ok_or_else(|| malformed("it has no end"))?;
        fields.push(field(value)?);
        rest = next;
    }
    Ok(fields)
}

fn field(part: &[u8]) -> Result<(String, String), Exception> {
    let (headers, value) = match part.strip_prefix(b"\r\n") {
        Some(value) => (&part[..0], value),
        None => after(part, b"\r\n\r\n").ok_or_else(|| malformed("a part has no headers"))?,
    };
    let headers = std::str::from_utf8(headers).map_err(|_| malformed("a header is not UTF-8"))?;
    let disposition = headers
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))
        .map_or("", |(_, value)| value);
    let parameter = |name: &str| {
        disposition.split(';').find_map(|it| {
            let (key, value) = it.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    if parameter("filename").is_some() {
        let text = "Tables sent along with a query are not supported by the embedded ClickHouse";
        return Err(Exception::new(kind::NOT_IMPLEMENTED, text));
    }
    let name = parameter("name").ok_or_else(|| malformed("a part has no name"))?;
    let value = std::str::from_utf8(value).map_err(|_| malformed(&format!("{name} is not UTF-8")))?;
    Ok((name, value.to_owned()))
}

/// What comes before and after the first occurrence of a separator.
fn after<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(separator.len()).position(|window| window == separator)?;
    Some((&text[..at], &text[at + separator.len()..]))
}

fn malformed(why: &str) -> Exception {
    Exception::new(kind::BAD_ARGUMENTS, format_args!("The multipart body is malformed: {why}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_boundary_comes_from_the_content_type() {
        assert_eq!(boundary("multipart/form-data; boundary=abc"), Some("abc"));
        assert_eq!(boundary("Multipart/Form-Data; charset=x; Boundary=\"a b\""), Some("a b"));
        assert_eq!(boundary("text/plain"), None);
        assert_eq!(boundary("multipart/form-data; boundary="), None);
    }

    #[test]
    fn fields_keep_their_order_and_every_byte() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT\r\n--\r\n1\r\n\
                    --B\r\ncontent-type: text/plain\r\ncontent-disposition: form-data; name=param_a\r\n\r\n\r\n--B--\r\n";
        let expected = [("query", "SELECT\r\n--\r\n1"), ("param_a", "")];
        let expected: Vec<_> = expected.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
        assert_eq!(fields(body.as_bytes(), "B").unwrap(), expected);
        let preamble = format!("to be skipped\r\n{body}");
        assert_eq!(fields(preamble.as_bytes(), "B").unwrap(), expected);
    }

    #[test]
    fn what_is_malformed_or_unsupported_is_refused() {
        let code = |body: &str| fields(body.as_bytes(), "B").unwrap_err().code;
        for body in [
            "",
            "--B",
            "--B\r\n",
            "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx",
            "--B\r\n\r\nx\r\n--B--",
        ] {
            assert_eq!(code(body), 36, "{body:?}");
        }
        assert_eq!(
            code("--B\r\nContent-Disposition: form-data; name=\"t\"; filename=\"t.csv\"\r\n\r\n1\r\n--B--"),
            48
        );
    }
}
