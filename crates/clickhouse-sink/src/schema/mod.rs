//! The schema: migrations of the storage tables, retention, and the views people query.
//!
//! Storage tables change by migrations only. Views hold no data: they are replaced by the current
//! release's each time the schema is applied. Retention is a setting, so it is no part of the
//! migrations' text: a TTL on the table frees the space some time later, and the view hides what is past
//! it at once, so that no old version shows through while its newer one is already gone.

mod apply;
mod catalogue;
mod migrations;

pub use apply::{AppliedSchema, SchemaError};
pub use migrations::{Applied, MIGRATIONS, Migration, MigrationConflict, plan};

/// How long rows are kept; `None` keeps them for good.
///
/// A replay of old events wants [`SchemaOptions::keep_everything`]: retention counts from the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaOptions {
    /// Days that `sessions_hourly` and `pages_hourly` reach back.
    pub hourly_days: Option<u32>,
    /// Days that `kpis` reaches back.
    pub kpis_days: Option<u32>,
    /// Days that raw `events` are kept.
    pub events_days: Option<u32>,
}

impl Default for SchemaOptions {
    fn default() -> Self {
        Self { hourly_days: Some(90), kpis_days: Some(400), events_days: Some(30) }
    }
}

impl SchemaOptions {
    /// No retention at all.
    pub const fn keep_everything() -> Self {
        Self { hourly_days: None, kpis_days: None, events_days: None }
    }

    /// Every table with a retention: (table, time column, days).
    fn retentions(&self) -> [(&'static str, &'static str, Option<u32>); 4] {
        [
            ("site_hour_rows", "hour", self.hourly_days),
            ("page_hour_rows", "hour", self.hourly_days),
            ("kpi_rows", "instant", self.kpis_days),
            ("event_rows", "timestamp", self.events_days),
        ]
    }
}

const VIEWS: &[&str] = &[
    include_str!("../../sql/views/01_user_activity.sql"),
    include_str!("../../sql/views/02_active_users_daily.sql"),
    include_str!("../../sql/views/03_feature_adoption_daily.sql"),
    include_str!("../../sql/views/04_sessions.sql"),
    include_str!("../../sql/views/05_page_views.sql"),
    include_str!("../../sql/views/06_feature_uses.sql"),
    include_str!("../../sql/views/07_sessions_daily.sql"),
    include_str!("../../sql/views/08_sessions_hourly.sql"),
    include_str!("../../sql/views/09_pages_daily.sql"),
    include_str!("../../sql/views/10_pages_hourly.sql"),
    include_str!("../../sql/views/11_kpis.sql"),
    include_str!("../../sql/views/12_accounting.sql"),
    include_str!("../../sql/views/13_events.sql"),
];

/// The statement that creates the database.
fn create_database(database: &str) -> String {
    format!("CREATE DATABASE IF NOT EXISTS {database}")
}

/// The statement that creates the table of applied migrations.
fn create_ledger(database: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {database}.schema_migrations\n(\n    version UInt32,\n    name String,\n    \
         checksum String,\n    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)\n)\n\
         ENGINE = ReplacingMergeTree(applied_at)\nORDER BY version"
    )
}

/// The statements of a migration or view file: each ends with `;` at the end of a line.
fn statements(sql: &str, database: &str) -> Vec<String> {
    sql.split(";\n")
        .map(|statement| statement.trim().replace("{db}", database))
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// The views' statements.
fn views(database: &str, options: &SchemaOptions) -> Vec<String> {
    let kept = |column: &str, days: Option<u32>| match days {
        Some(days) => format!("r.{column} >= now() - toIntervalDay({days})"),
        None => "1".to_owned(),
    };
    VIEWS
        .iter()
        .flat_map(|sql| statements(sql, database))
        .map(|view| {
            // Only the body is a template: the comment above a view names the placeholders.
            let start = view.find("CREATE").unwrap_or(0);
            let (comment, body) = view.split_at(start);
            let body = body
                .replace("{hourly_kept}", &kept("hour", options.hourly_days))
                .replace("{kpis_kept}", &kept("instant", options.kpis_days))
                .replace("{events_kept}", &kept("timestamp", options.events_days))
                .replace("{roles}", &catalogue::roles())
                .replace("{rating}", &catalogue::rating());
            format!("{comment}{body}")
        })
        .collect()
}

/// The statement that sets or removes a table's TTL, given its `CREATE TABLE` text as the server
/// shows it; `None` if it already holds.
fn retention(
    database: &str,
    (table, column, days): (&str, &str, Option<u32>),
    create_query: &str,
) -> Option<String> {
    let has_ttl = create_query.contains(" TTL ");
    match days {
        Some(days) => {
            let ttl = format!("{column} + toIntervalDay({days})");
            // The server shows the expression as written; DateTime64 is cut for it.
            let ttl = if column == "timestamp" {
                format!("toDateTime({column}) + toIntervalDay({days})")
            } else {
                ttl
            };
            // Whole parts only, and without rewriting what is there: the view already hides it.
            (!create_query.contains(&format!(" TTL {ttl} "))).then(|| {
                format!("ALTER TABLE {database}.{table} MODIFY TTL {ttl} SETTINGS materialize_ttl_after_modify = 0")
            })
        }
        None => has_ttl.then(|| format!("ALTER TABLE {database}.{table} REMOVE TTL")),
    }
}

/// The whole schema as SQL text, as it is applied to an empty database.
pub fn print_schema(database: &str, options: &SchemaOptions) -> String {
    let mut all = vec![create_database(database), create_ledger(database)];
    for migration in MIGRATIONS {
        all.extend(statements(migration.sql, database));
        all.push(record(database, migration));
    }
    all.extend(options.retentions().into_iter().filter_map(|table| retention(database, table, "")));
    all.extend(views(database, options));
    all.join(";\n\n") + ";\n"
}

/// The statement that records a migration as applied.
fn record(database: &str, migration: &Migration) -> String {
    format!(
        "INSERT INTO {database}.schema_migrations (version, name, checksum) SELECT {}, '{}', '{}'",
        migration.version,
        migration.name,
        migration.checksum()
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn no_placeholder_is_left() {
        let sql = print_schema("tidegauge", &SchemaOptions::default());
        let code: String = sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        assert!(!code.contains('{'), "{}", &code[code.find('{').unwrap_or(0)..][..40]);
    }

    #[test]
    fn a_retention_is_set_changed_and_removed_only_when_needed() {
        let table = |days| ("site_hour_rows", "hour", days);
        let with = |days| format!("... TTL hour + toIntervalDay({days}) SETTINGS index_granularity = 8192");
        assert!(retention("db", table(Some(90)), "... SETTINGS x = 1").unwrap().contains("MODIFY TTL"));
        assert_eq!(retention("db", table(Some(90)), &with(90)), None);
        assert!(retention("db", table(Some(9)), &with(90)).unwrap().contains("toIntervalDay(9)"));
        assert_eq!(
            retention("db", table(None), &with(90)).unwrap(),
            "ALTER TABLE db.site_hour_rows REMOVE TTL"
        );
        assert_eq!(retention("db", table(None), "..."), None);
    }

    #[test]
    fn hourly_views_hide_what_is_past_retention() {
        let kept = print_schema("db", &SchemaOptions::default());
        assert_eq!(kept.matches("r.hour >= now() - toIntervalDay(90)").count(), 2);
        let all = print_schema("db", &SchemaOptions::keep_everything());
        assert!(!all.contains("now()") && !all.contains("MODIFY TTL"));
    }
}
