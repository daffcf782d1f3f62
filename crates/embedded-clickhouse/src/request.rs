//! What a request asks for, from its address, its headers and its multipart fields.

use axum::extract::Query;
use axum::http::{HeaderMap, Method, Uri};

use crate::exception::{Exception, kind};

/// A request without its body.
#[derive(Debug, Default)]
pub(crate) struct Request {
    /// The statement, or its beginning; the body follows.
    pub(crate) query: String,
    /// The database to use.
    pub(crate) database: Option<String>,
    /// Format of a result whose statement names none.
    pub(crate) default_format: Option<String>,
    /// Settings for this statement alone.
    pub(crate) settings: Vec<(String, String)>,
    /// Values of `{name:Type}`.
    pub(crate) parameters: Vec<(String, String)>,
    /// Answer in compressed blocks.
    pub(crate) compress: bool,
    /// The body is made of compressed blocks.
    pub(crate) decompress: bool,
    /// The client's name for the statement.
    pub(crate) query_id: Option<String>,
    /// Nothing may be written: the request is a GET.
    pub(crate) readonly: bool,
}

impl Request {
    /// Reads method, address and headers.
    pub(crate) fn read(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Self, Exception> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|error| {
            Exception::new(kind::BAD_ARGUMENTS, format_args!("The address cannot be read: {error}"))
        })?;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut request = Self {
            database: header("x-clickhouse-database"),
            default_format: header("x-clickhouse-format"),
            readonly: !matches!(*method, Method::POST | Method::PUT),
            ..Self::default()
        };
        if let Some(encoding) = header("content-encoding").filter(|it| !it.eq_ignore_ascii_case("identity")) {
            let text =
                format_args!("Content-Encoding {encoding} is not supported by the embedded ClickHouse");
            return Err(Exception::new(kind::NOT_IMPLEMENTED, text));
        }
        if let Some(user) = header("x-clickhouse-user") {
            known_user(&user)?;
        }
        for (name, value) in pairs {
            request.set(name, value)?;
        }
        Ok(request)
    }

    /// Takes over one parameter of the address, or one field of a multipart body.
    pub(crate) fn set(&mut self, name: String, value: String) -> Result<(), Exception> {
        if let Some(parameter) = name.strip_prefix("param_") {
            self.parameters.push((parameter.to_owned(), value));
            return Ok(());
        }
        match name.as_str() {
            "query" => self.query.push_str(&value),
            "database" => self.database = Some(value),
            "default_format" => self.default_format = Some(value),
            "compress" => self.compress = flag(&name, &value)?,
            "decompress" => self.decompress = flag(&name, &value)?,
            "query_id" => self.query_id = Some(value),
            "user" => known_user(&value)?,
            "role" => {
                let text = format_args!("There is no role `{value}`: the embedded ClickHouse has no roles");
                return Err(Exception::new(kind::UNKNOWN_ROLE, text));
            }
            // The user `default` has no password. Results come whole. There are no sessions to go on with.
            "password" | "quota_key" | "buffer_size" | "wait_end_of_query" | "stacktrace" => {}
            "session_id" | "session_timeout" | "session_check" | "close_session" => {}
            "client_protocol_version" if value == "0" => {}
            _ if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && !name.is_empty() =>
            {
                self.settings.push((name, value));
            }
            _ => {
                let text = format_args!("`{}` is no name of a setting", name.escape_debug());
                return Err(Exception::new(kind::BAD_ARGUMENTS, text));
            }
        }
        Ok(())
    }

    /// The statements that set a fresh connection up for this request.
    pub(crate) fn preparation(&self) -> Vec<String> {
        let mut statements = Vec::new();
        if let Some(database) = self.database.as_deref().filter(|name| !name.is_empty()) {
            statements.push(format!("USE {}", quote(database, '`')));
        }
        if !self.settings.is_empty() {
            let settings =
                self.settings.iter().map(|(name, value)| format!("{name} = {}", quote(value, '\'')));
            statements.push(format!("SET {}", settings.collect::<Vec<_>>().join(", ")));
        }
        if self.readonly {
            statements.push("SET readonly = 2".to_owned());
        }
        statements
    }
}

/// A string or a name in quotes, as ClickHouse reads it back.
pub(crate) fn quote(text: &str, mark: char) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(mark);
    for letter in text.chars() {
        if letter == mark || letter == '\\' {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted.push(mark);
    quoted
}

fn flag(name: &str, value: &str) -> Result<bool, Exception> {
    match value {
        "1" | "true" => Ok(true),
        "0" | "false" | "" => Ok(false),
        _ => Err(Exception::new(kind::BAD_ARGUMENTS, format_args!("{name} is 0 or 1, not {value}"))),
    }
}

fn known_user(user: &str) -> Result<(), Exception> {
    if user.is_empty() || user == "default" {
        return Ok(());
    }
    let text = format_args!(
        "There is no user {user}: the embedded ClickHouse has `default` only, without a password"
    );
    Err(Exception::new(kind::UNKNOWN_USER, text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn read(address: &str) -> Result<Request, Exception> {
        Request::read(&Method::POST, &address.parse().unwrap(), &HeaderMap::new())
    }

    #[test]
    fn an_address_is_taken_apart() {
        let request =
            read("/?query=SELECT+%271%27&database=a%60b&max_threads=1&param_x=%5CN&compress=1&s=it's")
                .unwrap();
        assert_eq!(request.query, "SELECT '1'");
        assert_eq!(request.parameters, [("x".to_owned(), "\\N".to_owned())]);
        assert!(request.compress && !request.decompress && !request.readonly);
        assert_eq!(request.preparation(), [r"USE `a\`b`", r"SET max_threads = '1', s = 'it\'s'"]);
    }

    #[test]
    fn bad_input_is_refused() {
        let code = |address: &str| read(address).unwrap_err().code;
        assert_eq!(code("/?compress=maybe"), 36);
        assert_eq!(code("/?a%20b=1"), 36);
        assert_eq!(code("/?user=alice"), 192);
        assert_eq!(code("/?role=admin"), 511);
        assert!(read("/?user=default&password=x&session_id=1").is_ok());
    }

    #[test]
    fn a_get_may_not_write() {
        let request = Request::read(&Method::GET, &"/?query=SELECT".parse().unwrap(), &HeaderMap::new());
        assert_eq!(request.unwrap().preparation(), ["SET readonly = 2"]);
    }
}
