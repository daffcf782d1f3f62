//! Applying the schema to a server.

use super::{
    Applied, MIGRATIONS, MigrationConflict, SchemaOptions, create_database, create_ledger, plan, record,
    retention, statements, views,
};
use crate::ClickHouse;

/// What applying the schema did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedSchema {
    /// The migrations that were missing, (version, name).
    pub migrations: Vec<(u32, &'static str)>,
    /// The schema's version now.
    pub version: u32,
    /// The tables whose retention changed.
    pub retentions: Vec<&'static str>,
}

/// A schema that could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The database belongs to another build.
    #[error(transparent)]
    Conflict(#[from] MigrationConflict),
    /// The server refused a statement or did not answer.
    #[error("{doing} in database {database}: applying the schema again goes on where it stopped")]
    Server {
        /// What was being done.
        doing: String,
        /// The database.
        database: String,
        /// What the server said.
        source: Box<clickhouse::error::Error>,
    },
}

impl ClickHouse {
    /// Brings the database to this release's schema; doing it twice, or from two instances at once, is the same
    /// as doing it once.
    ///
    /// # Errors
    /// The database was written by a newer or another build, or the server refuses a statement.
    pub async fn apply_schema(&self, options: &SchemaOptions) -> Result<AppliedSchema, SchemaError> {
        let database = self.database();
        self.run("creating the database", &create_database(database)).await?;
        self.run("creating schema_migrations", &create_ledger(database)).await?;
        let applied: Vec<Applied> = self
            .client
            .query_raw(&format!(
                "SELECT version, name, checksum FROM {database}.schema_migrations FINAL ORDER BY version"
            ))
            .fetch_all()
            .await
            .map_err(|source| self.schema_error("reading schema_migrations", source))?;
        let missing = plan(database, MIGRATIONS, &applied)?;
        for migration in &missing {
            let doing = format!("migration {} ({})", migration.version, migration.name);
            for statement in statements(migration.sql, database) {
                self.run(&doing, &statement).await?;
            }
            // Recorded last: a migration cut off is applied again, its statements allow for it.
            self.run(&doing, &record(database, migration)).await?;
        }
        let retentions = self.apply_retention(options).await?;
        for view in views(database, options) {
            self.run("replacing a view", &view).await?;
        }
        Ok(AppliedSchema {
            migrations: missing.iter().map(|m| (m.version, m.name)).collect(),
            version: MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0),
            retentions,
        })
    }

    async fn apply_retention(&self, options: &SchemaOptions) -> Result<Vec<&'static str>, SchemaError> {
        let mut changed = Vec::new();
        for table in options.retentions() {
            let create_query: String = self
                .client
                .query_raw(
                    "SELECT create_table_query FROM system.tables WHERE database = {db: String} AND name = {name: String}",
                )
                .param("db", self.database())
                .param("name", table.0)
                .fetch_one()
                .await
                .map_err(|source| self.schema_error("reading a table's retention", source))?;
            if let Some(statement) = retention(self.database(), table, &create_query) {
                self.run("setting a table's retention", &statement).await?;
                changed.push(table.0);
            }
        }
        Ok(changed)
    }

    async fn run(&self, doing: &str, statement: &str) -> Result<(), SchemaError> {
        self.execute(statement).await.map_err(|source| self.schema_error(doing, source))
    }

    fn schema_error(&self, doing: &str, source: clickhouse::error::Error) -> SchemaError {
        SchemaError::Server {
            doing: doing.to_owned(),
            database: self.database().to_owned(),
            source: source.into(),
        }
    }
}
