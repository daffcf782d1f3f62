//! The numbered migrations, and the decision which of them a database still needs.

use xxhash_rust::xxh3::xxh3_128;

/// One step of the storage schema. Released steps never change: a change is a new step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number; steps are applied in ascending order.
    pub version: u32,
    /// Its name, for people.
    pub name: &'static str,
    /// Its statements, each ending with `;` at the end of a line, with `{db}` for the database.
    pub sql: &'static str,
}

/// Every migration, in order.
pub const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "rows", sql: include_str!("../../sql/migrations/0001_rows.sql") }];

impl Migration {
    /// The hash of its text that the database records.
    pub fn checksum(&self) -> String {
        format!("{:032x}", xxh3_128(self.sql.as_bytes()))
    }
}

/// What `schema_migrations` says of one applied migration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, clickhouse::Row)]
pub struct Applied {
    /// Its number.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// Its checksum when it was applied.
    pub checksum: String,
}

/// Why the migrations cannot be applied to a database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MigrationConflict {
    /// A newer release has been here.
    #[error(
        "database {database} is at schema version {found} ({name}), this release knows versions up to {known}: \
         run the release that wrote it or a later one, or choose another database"
    )]
    Newer {
        /// The database.
        database: String,
        /// The version found.
        found: u32,
        /// Its recorded name.
        name: String,
        /// The newest version this release knows.
        known: u32,
    },
    /// A migration was applied with another text.
    #[error(
        "migration {version} ({name}) was applied to database {database} with checksum {found}, this release has \
         {expected}: it comes from another build of tidegauge; run that build, or choose another database and rebuild"
    )]
    Checksum {
        /// The database.
        database: String,
        /// The migration's number.
        version: u32,
        /// Its name.
        name: &'static str,
        /// The checksum recorded.
        found: String,
        /// The checksum of this release.
        expected: String,
    },
}

/// The migrations of `known` that `applied` lacks, in order.
///
/// # Errors
/// The database was written by a newer or another build.
pub fn plan<'a>(
    database: &str,
    known: &'a [Migration],
    applied: &[Applied],
) -> Result<Vec<&'a Migration>, MigrationConflict> {
    for done in applied {
        let Some(migration) = known.iter().find(|m| m.version == done.version) else {
            return Err(MigrationConflict::Newer {
                database: database.to_owned(),
                found: done.version,
                name: done.name.clone(),
                known: known.iter().map(|m| m.version).max().unwrap_or(0),
            });
        };
        if migration.checksum() != done.checksum {
            return Err(MigrationConflict::Checksum {
                database: database.to_owned(),
                version: done.version,
                name: migration.name,
                found: done.checksum.clone(),
                expected: migration.checksum(),
            });
        }
    }
    let is_applied = |m: &&Migration| applied.iter().any(|done| done.version == m.version);
    Ok(known.iter().filter(|m| !is_applied(m)).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const KNOWN: &[Migration] = &[
        Migration { version: 1, name: "one", sql: "SELECT 1;" },
        Migration { version: 2, name: "two", sql: "SELECT 2;" },
    ];

    fn applied(migration: &Migration) -> Applied {
        Applied {
            version: migration.version,
            name: migration.name.to_owned(),
            checksum: migration.checksum(),
        }
    }

    #[test]
    fn what_is_missing_is_applied_in_order() {
        let versions = |applied: &[Applied]| {
            let plan = plan("db", KNOWN, applied).unwrap();
            plan.iter().map(|m| m.version).collect::<Vec<_>>()
        };
        assert_eq!(versions(&[]), [1, 2]);
        assert_eq!(versions(&[applied(&KNOWN[0])]), [2]);
        assert_eq!(versions(&[applied(&KNOWN[1]), applied(&KNOWN[0])]), [0; 0]);
    }

    #[test]
    fn a_newer_database_is_refused() {
        let newer = Applied { version: 3, name: "three".to_owned(), checksum: String::new() };
        let error = plan("db", KNOWN, &[newer]).unwrap_err().to_string();
        assert!(error.contains("version 3 (three)") && error.contains("up to 2"), "{error}");
    }

    #[test]
    fn another_text_is_refused() {
        let mut other = applied(&KNOWN[0]);
        other.checksum = "0".repeat(32);
        let error = plan("db", KNOWN, &[other]).unwrap_err();
        assert!(matches!(error, MigrationConflict::Checksum { version: 1, .. }));
    }

    #[test]
    fn numbers_ascend() {
        assert!(MIGRATIONS.is_sorted_by(|a, b| a.version < b.version));
    }
}
