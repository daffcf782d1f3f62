//! Any query, its result as JSON values.

use serde_json::Value;

use crate::ClickHouse;

/// A query's result.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryResult {
    /// The columns: (name, ClickHouse type).
    pub columns: Vec<(String, String)>,
    /// The rows, a value per column. 64-bit integers are numbers; NaN and infinity are null.
    pub rows: Vec<Vec<Value>>,
}

/// A query that failed.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The server refused it, or did not answer.
    #[error("{doing} at ClickHouse {url}")]
    Server {
        /// What was being done.
        doing: &'static str,
        /// The server.
        url: String,
        /// What it said.
        source: Box<clickhouse::error::Error>,
    },
    /// The answer is not what the format promises.
    #[error("reading the answer of ClickHouse {url} as JSON: leave FORMAT out of the query")]
    Answer {
        /// The server.
        url: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// The format `JSONCompact`, as far as it is read.
#[derive(serde::Deserialize)]
struct Answer {
    meta: Vec<Column>,
    data: Vec<Vec<Value>>,
}

#[derive(serde::Deserialize)]
struct Column {
    name: String,
    r#type: String,
}

impl ClickHouse {
    /// Runs one statement in the database and returns its rows; none for a statement without a result.
    ///
    /// # Errors
    /// The server refuses it or does not answer.
    pub async fn run_sql(&self, sql: &str) -> Result<QueryResult, QueryError> {
        let bytes = self
            .client
            .query_raw(sql)
            .with_setting("database", self.database())
            .with_setting("output_format_json_quote_64bit_integers", "0")
            .with_setting("output_format_json_quote_denormals", "0")
            .fetch_bytes("JSONCompact")
            .map_err(|source| self.query_error("running a query", source))?
            .collect()
            .await
            .map_err(|source| self.query_error("running a query", source))?;
        if bytes.is_empty() {
            return Ok(QueryResult { columns: Vec::new(), rows: Vec::new() });
        }
        let answer: Answer = serde_json::from_slice(&bytes)
            .map_err(|source| QueryError::Answer { url: self.options.url.clone(), source })?;
        Ok(QueryResult {
            columns: answer.meta.into_iter().map(|column| (column.name, column.r#type)).collect(),
            rows: answer.data,
        })
    }

    /// Runs one statement that has no result.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), clickhouse::error::Error> {
        self.client.query_raw(sql).execute().await
    }
}
