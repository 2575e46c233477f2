//! Migrations: forward only, numbered by `user_version`, each in one transaction.

use super::StoreError;
use rusqlite::Connection;

/// In the order of their numbers, which begin with 1.
const MIGRATIONS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
];

/// The format in which the mls crate's OpenMLS release writes `mls_state`: 1 is OpenMLS 0.9. A later
/// release with another format gets a migration or has its groups joined anew.
pub(super) const MLS_STATE_FORMAT: u8 = 1;

/// Brings the tables up to date.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let done = usize::try_from(found).map_err(|_| StoreError::TooNew { found })?;
    if done > MIGRATIONS.len() {
        return Err(StoreError::TooNew { found });
    }
    // A table that is made anew must not take along, by its references, what belongs to it.
    connection.pragma_update(None, "foreign_keys", false)?;
    for (number, migration) in (1_i64..).zip(MIGRATIONS).skip(done) {
        let transaction = connection.unchecked_transaction()?;
        transaction.execute_batch(migration)?;
        if number == 1 {
            transaction.execute(
                "INSERT INTO setting (name, value) VALUES ('mls_state_format', ?1)",
                [[MLS_STATE_FORMAT].as_slice()],
            )?;
        }
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    check_mls_state_format(connection)
}

fn check_mls_state_format(connection: &Connection) -> Result<(), StoreError> {
    let found: Vec<u8> = connection.query_row(
        "SELECT value FROM setting WHERE name = 'mls_state_format'",
        [],
        |row| row.get(0),
    )?;
    match found.as_slice() {
        [format] if *format == MLS_STATE_FORMAT => Ok(()),
        [format] => Err(StoreError::TooNew {
            found: i64::from(*format),
        }),
        _ => Err(StoreError::BadRow {
            table: "setting",
            column: "mls_state_format",
        }),
    }
}
