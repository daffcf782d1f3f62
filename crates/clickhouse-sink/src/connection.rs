//! A connection to one ClickHouse database.

use clickhouse::Client;

use crate::{
    options::{ClickHouseOptions, Compression, OptionsError},
    query::QueryError,
};

/// A ClickHouse database: cheap to clone, connects when it is used.
#[derive(Clone)]
pub struct ClickHouse {
    pub(crate) client: Client,
    pub(crate) options: std::sync::Arc<ClickHouseOptions>,
}

/// How far a partition's rows in ClickHouse go.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, clickhouse::Row)]
pub struct StoredPosition {
    /// The partition.
    pub partition: i32,
    /// Its next offset when its rows were last written.
    pub position: u64,
    /// Fingerprint of the rules the rows were folded by.
    pub rules: u64,
}

impl ClickHouse {
    /// Prepares a connection; nothing is sent yet.
    ///
    /// # Errors
    /// The options cannot work with any server.
    pub fn new(options: ClickHouseOptions) -> Result<Self, OptionsError> {
        options.validate()?;
        let mut client = Client::default()
            .with_url(&options.url)
            .with_product_info("tidegauge", env!("CARGO_PKG_VERSION"))
            .with_compression(match options.compression {
                Compression::None => clickhouse::Compression::None,
                Compression::Lz4 => clickhouse::Compression::Lz4,
            });
        if let Some(user) = &options.user {
            client = client.with_user(user);
        }
        if let Some(password) = &options.password {
            client = client.with_password(password.expose());
        }
        Ok(Self { client, options: options.into() })
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        &self.options.database
    }

    /// Asks the server for its version.
    ///
    /// # Errors
    /// The server does not answer, or refuses the user.
    pub async fn ping(&self) -> Result<String, QueryError> {
        self.client
            .query_raw("SELECT version()")
            .fetch_one::<String>()
            .await
            .map_err(|source| self.query_error("asking for the version", source))
    }

    /// How far the rows of each partition of `topic` go, in order of the partitions. Empty before the
    /// first write.
    ///
    /// # Errors
    /// The server does not answer, or the schema is not applied.
    pub async fn positions(&self, topic: &str) -> Result<Vec<StoredPosition>, QueryError> {
        let sql = format!(
            "SELECT partition, version AS position, rules FROM {}.accounting_rows FINAL WHERE topic = {{topic: String}} \
             ORDER BY partition",
            self.database()
        );
        self.client
            .query_raw(&sql)
            .param("topic", topic)
            .fetch_all()
            .await
            .map_err(|source| self.query_error("reading stored positions", source))
    }

    /// Whether rows of any topic were written here. The schema must have been applied.
    ///
    /// # Errors
    /// The server does not answer, or the schema is not applied.
    pub async fn has_rows(&self) -> Result<bool, QueryError> {
        let sql = format!("SELECT count() FROM {}.accounting_rows", self.database());
        let rows: u64 = self
            .client
            .query_raw(&sql)
            .fetch_one()
            .await
            .map_err(|source| self.query_error("looking for rows", source))?;
        Ok(rows > 0)
    }

    /// Drops the database with everything in it.
    ///
    /// # Errors
    /// The server refuses it or does not answer.
    pub async fn drop_database(&self) -> Result<(), QueryError> {
        self.execute(&format!("DROP DATABASE IF EXISTS {} SYNC", self.database()))
            .await
            .map_err(|source| self.query_error("dropping the database", source))
    }

    pub(crate) fn query_error(&self, doing: &'static str, source: clickhouse::error::Error) -> QueryError {
        QueryError::Server { doing, url: self.options.url.clone(), source: source.into() }
    }
}
