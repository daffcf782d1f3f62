//! ClickHouse schema, migrations, views and the writer of changed rows.
