//! Migrations: forward only, numbered by `user_version`, each in one transaction.

use super::{StoreError, search};
use rusqlite::Connection;

/// In the order of their numbers, which begin with 1.
const MIGRATIONS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
    include_str!("schema_9.sql"),
    include_str!("schema_10.sql"),
    include_str!("schema_11.sql"),
    include_str!("schema_12.sql"),
];

/// The format in which the mls crate's OpenMLS release writes `mls_state`: 1 is OpenMLS 0.9. A later
/// release with another format gets a migration or has its groups joined anew.
pub(super) const MLS_STATE_FORMAT: u8 = 1;

/// Brings the tables up to date.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    search::register(connection)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_first_tables_held_is_there_after_the_later_ones() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection
            .execute_batch(
                "PRAGMA user_version = 1; \
                 INSERT INTO setting (name, value) VALUES ('mls_state_format', x'01'); \
                 INSERT INTO conversation (id, kind, peer, state, sequence, running_hash, own_counter, \
                 read_sequence, begun_at) VALUES (zeroblob(16), 'direct', zeroblob(16), 'active', 7, x'', 3, 5, 9); \
                 INSERT INTO message (key, conversation, message, position, sender, sender_device, own, state, \
                 sent_at, text, content, franking_mac) VALUES (zeroblob(16), zeroblob(16), zeroblob(32), 7, \
                 zeroblob(16), zeroblob(16), 1, 'sending', 9, 'kept', x'', x''); \
                 INSERT INTO outbox (id, conversation) SELECT id, conversation FROM message;",
            )
            .unwrap();
        migrate(&connection).unwrap();
        let kept: (String, i64, String) = connection
            .query_row(
                "SELECT c.state, c.sequence, m.text FROM outbox o JOIN message m ON m.id = o.id \
                 JOIN conversation c ON c.id = o.conversation",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        assert_eq!(kept, ("active".to_owned(), 7, "kept".to_owned()));
        let found: i64 = connection
            .query_row(
                "SELECT count(*) FROM message_fts WHERE message_fts MATCH '\"kept\"'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(found, 1, "what was there before is found by the new index");
        connection.execute("DELETE FROM conversation", []).unwrap();
        let left: i64 = connection
            .query_row("SELECT count(*) FROM message", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0, "what belongs to a conversation goes with it, as before");
    }
}
