//! `tidegauge schema print` and `tidegauge schema apply`.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use clickhouse_sink::{AppliedSchema, print_schema};

use crate::{
    cli::{SchemaArgs, SchemaCommand},
    config::{Settings, Sink, environment},
    serve,
};

/// Prints or applies the schema of the configured database, with the configured retention.
///
/// # Errors
/// A faulty configuration; a server that does not answer, refuses, or holds another build's schema.
pub(crate) async fn schema(command: SchemaCommand) -> anyhow::Result<ExitCode> {
    match command {
        SchemaCommand::Print(args) => print(&args),
        SchemaCommand::Apply(args) => apply(&args).await,
    }
}

fn print(args: &SchemaArgs) -> anyhow::Result<ExitCode> {
    let sink = Settings::load(args.config.as_deref(), environment())?.sink;
    let sql = print_schema(&sink.database, &serve::schema_options(&sink));
    io::stdout().lock().write_all(sql.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

async fn apply(args: &SchemaArgs) -> anyhow::Result<ExitCode> {
    let sink = Settings::load(args.config.as_deref(), environment())?.sink;
    let clickhouse = serve::clickhouse(&sink, args.clickhouse.as_deref())?;
    let applied = clickhouse
        .apply_schema(&serve::schema_options(&sink))
        .await
        .with_context(|| format!("cannot apply the schema to ClickHouse at {}", host(args, &sink)))?;
    io::stdout().lock().write_all(report(clickhouse.database(), &applied).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The server's URL without credentials, which only a mistake can have put there.
fn host<'a>(args: &'a SchemaArgs, sink: &'a Sink) -> &'a str {
    let url = args.clickhouse.as_deref().unwrap_or(&sink.url);
    url.rsplit_once('@').map_or(url, |(_, host)| host)
}

/// A line for each thing that was done, and one for how the database stands now.
fn report(database: &str, applied: &AppliedSchema) -> String {
    let mut lines = String::new();
    for (version, name) in &applied.migrations {
        lines += &format!("applied migration {version} ({name})\n");
    }
    for table in &applied.retentions {
        lines += &format!("set the retention of {table}\n");
    }
    let version = applied.version;
    if lines.is_empty() {
        format!("database {database} is up to date (schema version {version})\n")
    } else {
        lines + &format!("database {database} is at schema version {version}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_said_and_nothing_too() {
        let nothing = AppliedSchema { migrations: vec![], version: 3, retentions: vec![] };
        assert_eq!(report("db", &nothing), "database db is up to date (schema version 3)\n");
        let some = AppliedSchema { migrations: vec![(3, "more")], retentions: vec!["kpi_rows"], ..nothing };
        assert_eq!(
            report("db", &some),
            "applied migration 3 (more)\nset the retention of kpi_rows\ndatabase db is at schema version 3\n"
        );
    }
}
