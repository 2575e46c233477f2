//! The schema, as numbered steps that only go forward. A step that was released is never edited;
//! the next one changes what it left. Each file's first line says why it is there.

/// One step, in both dialects.
pub(super) struct Migration {
    pub(super) version: i64,
    pub(super) name: &'static str,
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("migrations/postgres/", $name, ".sql")),
        }
    };
}

/// All steps, in order.
pub(super) const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_accounts"),
    migration!(2, "0002_messages"),
    migration!(3, "0003_key_file"),
    migration!(4, "0004_groups"),
    migration!(5, "0005_guests"),
    migration!(6, "0006_rooms"),
    migration!(7, "0007_blobs"),
    migration!(8, "0008_push"),
    migration!(9, "0009_log_order"),
    migration!(10, "0010_doubtful_charges"),
    migration!(11, "0011_push_wishes"),
];

/// Holds which steps a database has. The same statement serves both dialects.
pub(super) const CREATE_TABLE: &str = "
    create table if not exists schema_migration (
        version bigint not null primary key,
        name text not null
    )";

/// The steps that were taken.
pub(super) const SELECT_VERSIONS: &str = "select version from schema_migration order by version";

/// The database has a step that this program does not know.
#[derive(Debug, thiserror::Error)]
#[error("the database was made by a newer version of this program: it has migration {0}")]
pub(super) struct TooNew(pub(super) i64);

/// The steps that a database with `taken` still needs.
pub(super) fn missing(taken: &[i64]) -> Result<impl Iterator<Item = &'static Migration> + use<>, TooNew> {
    let newest = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if let Some(unknown) = taken.iter().find(|version| **version > newest) {
        return Err(TooNew(*unknown));
    }
    let taken = taken.to_vec();
    Ok(MIGRATIONS
        .iter()
        .filter(move |migration| !taken.contains(&migration.version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_one_by_one_and_say_why() {
        for (migration, version) in MIGRATIONS.iter().zip(1..) {
            assert_eq!(migration.version, version);
            assert!(migration.name.starts_with(&format!("{version:04}_")));
            for sql in [migration.sqlite, migration.postgres] {
                assert!(sql.starts_with("-- "), "{} does not say why", migration.name);
            }
        }
    }

    #[test]
    fn a_newer_database_is_refused() {
        assert!(missing(&[1, 2, 9999]).is_err());
        assert_eq!(missing(&[1]).unwrap().next().unwrap().version, 2);
    }
}
