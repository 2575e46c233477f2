//! The index of what was said: what goes into it, by functions that its triggers call, and how it is
//! asked. What a query means is decided in `search`.

use super::column::{Column, integer};
use super::message::{StoredMessage, read, select_message};
use super::{Store, StoreError};
use crate::search::words;
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use undertone_wire::content::FileReference;
use undertone_wire::{ConversationId, Timestamp, UserId, codec};

/// What marks begin with: a character for private use, which no text has in a unit of its own kind.
const MARK: char = '\u{e000}';

/// What is asked of the index.
#[derive(Debug, Clone)]
pub struct Search {
    /// In the language of FTS5.
    pub expression: String,
    /// Sent then or later.
    pub from: Timestamp,
    /// Sent before then.
    pub until: Timestamp,
    /// None that had ended by then.
    pub now: Timestamp,
    /// At most so many.
    pub limit: u32,
}

/// What every message can be found by, whatever it says.
pub(crate) fn any_mark() -> String {
    format!("{MARK}m")
}

/// What the messages of a conversation can be found by.
pub(crate) fn conversation_mark(conversation: ConversationId) -> String {
    format!("{MARK}c{conversation}")
}

/// What the messages of a person can be found by.
pub(crate) fn sender_mark(user: UserId) -> String {
    format!("{MARK}s{user}")
}

/// What messages with files can be found by.
pub(crate) fn file_mark() -> String {
    format!("{MARK}f")
}

/// What messages with addresses can be found by.
pub(crate) fn link_mark() -> String {
    format!("{MARK}l")
}

/// So many rows that fit are put in order at once.
const CANDIDATES: usize = 3000;
/// Rows in a block of the index `message_block`.
const BLOCK_ROWS: i64 = 1024;
/// The blocks with something that was sent in a time, the newest first: one look at the index for each.
const BLOCKS_OF_A_TIME: &str = "
    WITH RECURSIVE block (number) AS (
        SELECT (SELECT max(id) FROM message) / 1024
        UNION ALL SELECT number - 1 FROM block WHERE number > 0)
    SELECT number FROM block WHERE EXISTS
        (SELECT 1 FROM message WHERE id / 1024 = number AND sent_at >= ?1 AND sent_at < ?2)";

/// Rows from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    first: i64,
    last: i64,
}

/// How many messages are on this device, and when the oldest was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) messages: u32,
    pub(crate) oldest: Option<Timestamp>,
}

impl Store {
    /// The messages that fit, the last that this device came to know first.
    pub fn search_newest(&self, search: &Search) -> Result<Vec<StoredMessage>, StoreError> {
        let wanted = usize::try_from(search.limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        for part in self.parts_of(search)? {
            let left = i64::try_from(wanted.saturating_sub(found.len())).unwrap_or(i64::MAX);
            if left == 0 {
                break;
            }
            found.extend(self.rows(
                select_message!(
                    "message_fts f CROSS JOIN message m ON m.id = f.rowid WHERE message_fts MATCH ?1 \
                     AND f.rowid BETWEEN ?6 AND ?7 \
                     AND m.sent_at >= ?3 AND m.sent_at < ?4 AND (m.expires_at IS NULL OR m.expires_at > ?5) \
                     AND m.sender NOT IN (SELECT user FROM blocked) AND m.id NOT IN (SELECT message FROM deletion) \
                     ORDER BY f.rowid DESC LIMIT ?2"
                ),
                (
                    &search.expression,
                    left,
                    integer(search.from.as_millis()),
                    integer(search.until.as_millis()),
                    integer(search.now.as_millis()),
                    part.first,
                    part.last,
                ),
                read,
            )?);
        }
        Ok(found)
    }

    /// The messages that fit, the best first (BM25): of the last few thousand that do, and only if those do
    /// not make up the number, of those before. They are put in order by the index alone: to read a message
    /// costs a page of the encrypted file, and few are wanted.
    pub fn search_best(&self, search: &Search) -> Result<Vec<StoredMessage>, StoreError> {
        let wanted = usize::try_from(search.limit).unwrap_or(usize::MAX);
        let mut parts = self.parts_of(search)?;
        parts.reverse();
        let mut found = Vec::new();
        while found.len() < wanted && !parts.is_empty() {
            for id in self.candidates(&search.expression, &mut parts)? {
                if found.len() < wanted {
                    found.extend(self.candidate(id, search)?);
                }
            }
        }
        Ok(found)
    }

    /// The next rows that fit, the best first, of the last of these parts, which are used up.
    fn candidates(&self, expression: &str, parts: &mut Vec<Part>) -> Result<Vec<i64>, StoreError> {
        let mut candidates: Vec<(f64, i64)> = Vec::new();
        while candidates.len() < CANDIDATES
            && let Some(part) = parts.pop()
        {
            let room = CANDIDATES.saturating_sub(candidates.len());
            let rows = self.rows(
                "SELECT rowid AS id, bm25(message_fts, 1.0, 1.0, 0.0) AS score FROM message_fts \
                 WHERE message_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC LIMIT ?4",
                (
                    expression,
                    part.first,
                    part.last,
                    i64::try_from(room).unwrap_or(i64::MAX),
                ),
                |row| {
                    let table = "message_fts";
                    let column = Column { row, table };
                    Ok((column.get::<f64>("score")?, column.get::<i64>("id")?))
                },
            )?;
            let oldest = rows.last().map(|(_, id)| *id).filter(|_| rows.len() == room);
            if let Some(oldest) = oldest.filter(|oldest| *oldest > part.first) {
                let last = oldest.saturating_sub(1);
                parts.push(Part { last, ..part });
            }
            candidates.extend(rows);
        }
        candidates.sort_by(|(score, id), (other, other_id)| score.total_cmp(other).then(other_id.cmp(id)));
        Ok(candidates.into_iter().map(|(_, id)| id).collect())
    }

    /// A message that the index has found, if it is one that is wanted.
    fn candidate(&self, id: i64, search: &Search) -> Result<Option<StoredMessage>, StoreError> {
        self.row(
            select_message!(
                "message m WHERE m.id = ?1 AND m.sent_at >= ?2 AND m.sent_at < ?3 \
                 AND (m.expires_at IS NULL OR m.expires_at > ?4) \
                 AND m.sender NOT IN (SELECT user FROM blocked) AND m.id NOT IN (SELECT message FROM deletion)"
            ),
            (
                id,
                integer(search.from.as_millis()),
                integer(search.until.as_millis()),
                integer(search.now.as_millis()),
            ),
            read,
        )
    }

    /// The parts of the table that may hold what was sent in the time of a search, the newest first: the
    /// others are not looked at. Rows are not in the order of time: history that is shared comes late.
    fn parts_of(&self, search: &Search) -> Result<Vec<Part>, StoreError> {
        let (from, until) = (
            integer(search.from.as_millis()),
            integer(search.until.as_millis()),
        );
        if search.from == Timestamp::default() && search.until == Timestamp::from_millis(u64::MAX) {
            let (first, last) = (0, i64::MAX);
            return Ok(vec![Part { first, last }]);
        }
        let blocks: Vec<i64> = self.rows(BLOCKS_OF_A_TIME, (from, until), |row| {
            let table = "message";
            Column { row, table }.get("number")
        })?;
        let mut parts: Vec<Part> = Vec::new();
        for first in blocks.into_iter().map(|block| block.saturating_mul(BLOCK_ROWS)) {
            let after = first.saturating_add(BLOCK_ROWS);
            match parts.last_mut() {
                Some(newer) if newer.first == after => newer.first = first,
                _ => parts.push(Part {
                    first,
                    last: after.saturating_sub(1),
                }),
            }
        }
        Ok(parts)
    }

    /// How much there is to search.
    pub(crate) fn search_reach(&self) -> Result<Reach, StoreError> {
        let reach = self.row(
            "SELECT count(*) AS messages, min(sent_at) AS oldest FROM message \
             WHERE hidden = 0 AND event IS NULL AND deleted = 0",
            [],
            |row| {
                let column = Column {
                    row,
                    table: "message",
                };
                Ok(Reach {
                    messages: u32::try_from(column.number("messages")?).unwrap_or(u32::MAX),
                    oldest: column.optional_number("oldest")?.map(Timestamp::from_millis),
                })
            },
        )?;
        Ok(reach.unwrap_or(Reach {
            messages: 0,
            oldest: None,
        }))
    }
}

/// Gives a connection the functions that the index's triggers call.
pub(super) fn register(connection: &Connection) -> Result<(), StoreError> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("search_units", 1, flags, |arguments| {
        Ok(words::units(&text_of(arguments, 0)?))
    })?;
    connection.create_scalar_function("search_file_units", 1, flags, |arguments| {
        let reference: Vec<u8> = arguments.get(0)?;
        // A reference that cannot be read has no name; the store says so where the file is shown.
        let reference = codec::from_cbor::<FileReference>(&reference);
        Ok(reference.map_or_else(|_unreadable| String::new(), |file| words::units(&file.name)))
    })?;
    connection.create_scalar_function("search_marks", 4, flags, |arguments| {
        let conversation = ConversationId::from_bytes(arguments.get(0)?);
        let sender = UserId::from_bytes(arguments.get(1)?);
        let text = text_of(arguments, 2)?;
        let mut marks = vec![any_mark(), conversation_mark(conversation), sender_mark(sender)];
        if arguments.get(3)? {
            marks.push(file_mark());
        }
        if has_address(&text) {
            marks.push(link_mark());
        }
        Ok(marks.join(" "))
    })?;
    Ok(())
}

/// What a message says, without its marks; what spoilers hide is found by who looks for it.
fn text_of(arguments: &Context<'_>, at: usize) -> rusqlite::Result<String> {
    arguments.get(at)
}

fn has_address(text: &str) -> bool {
    let small = text.to_ascii_lowercase();
    ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| small.contains(scheme))
}

#[cfg(test)]
mod by_time;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{CONVERSATION, found_in, in_memory, message};

    #[test]
    fn all_scripts_are_found() {
        let store = in_memory();
        let texts = [
            "Grüner Tee",
            "今天天气很好",
            "สวัสดีชาวโลก",
            "привет, Мир",
            "서울대학교",
            "🎉 party",
        ];
        for (number, text) in (1..).zip(texts) {
            store.add_message(&message(number, text)).unwrap();
        }
        for (expression, text) in [
            ("\"gruner\"", "Grüner Tee"),
            ("\"te\" *", "Grüner Tee"),
            ("\"天气\"", "今天天气很好"),
            ("\"好\" *", "今天天气很好"),
            ("\"мир\"", "привет, Мир"),
            ("\"대학\"", "서울대학교"),
            ("\"🎉\"", "🎉 party"),
        ] {
            assert_eq!(found_in(&store, expression), [text], "{expression}");
        }
        let thai = words::units("ชาว");
        let pair = thai.split(' ').next().unwrap();
        assert_eq!(found_in(&store, &format!("\"{pair}\"")), ["สวัสดีชาวโลก"]);
        assert!(found_in(&store, "\"气天\"").is_empty());
    }

    #[test]
    fn the_index_follows_the_message() {
        let store = in_memory();
        let row = store.add_message(&message(1, "first words")).unwrap();
        let set = |sql: &'static str| store.execute(sql, [row]).unwrap();
        set("UPDATE message SET text = 'other words' WHERE id = ?1");
        assert!(found_in(&store, "\"first\"").is_empty());
        assert_eq!(found_in(&store, "\"other\""), ["other words"]);
        set("UPDATE message SET deleted = 1 WHERE id = ?1");
        assert!(found_in(&store, "\"other\"").is_empty());
        set("UPDATE message SET deleted = 0 WHERE id = ?1");
        assert_eq!(
            found_in(&store, "\"other\""),
            ["other words"],
            "the deletion was refused"
        );
        set("UPDATE message SET deleted = 1, text = '' WHERE id = ?1");
        assert!(found_in(&store, &any_mark()).is_empty());
        let left = store.rows("SELECT count(*) FROM message_fts", [], |row| {
            Ok(row.get::<_, i64>(0)?)
        });
        assert_eq!(left.unwrap(), [0]);
    }

    #[test]
    fn marks_tell_who_where_and_with_what() {
        let store = in_memory();
        let row = store.add_message(&message(1, "see HTTPS://example.org")).unwrap();
        store.add_message(&message(2, "plain")).unwrap();
        let sender = store.message(message(1, "").key).unwrap().unwrap().sender;
        let quoted = |mark: String| format!("marks : \"{mark}\"");
        assert_eq!(
            found_in(&store, &quoted(link_mark())),
            ["see HTTPS://example.org"]
        );
        assert!(found_in(&store, &quoted(file_mark())).is_empty());
        assert_eq!(found_in(&store, &quoted(sender_mark(sender))).len(), 2);
        assert_eq!(
            found_in(&store, &quoted(conversation_mark(CONVERSATION))).len(),
            2
        );
        assert!(found_in(&store, &quoted(sender_mark(UserId::from_bytes([99; 16])))).is_empty());
        let file = FileReference {
            blob: undertone_wire::BlobId::from_bytes([1; 16]),
            key: vec![1; 32].into(),
            size: 1,
            sha256: vec![1; 32].into(),
            name: "Quarterly-Report.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            preview: None,
            duration_ms: None,
        };
        let reference = codec::to_cbor(&file).unwrap();
        store
            .execute(
                "INSERT INTO file (message, place, blob, reference, state) VALUES (?1, 0, zeroblob(16), ?2, 'complete')",
                (row, reference),
            )
            .unwrap();
        assert_eq!(
            found_in(&store, &quoted(file_mark())),
            ["see HTTPS://example.org"]
        );
        assert_eq!(
            found_in(&store, "{text files} : (\"quarterly report\")"),
            ["see HTTPS://example.org"]
        );
    }

    #[test]
    fn relevance_puts_the_best_first() {
        let store = in_memory();
        store.add_message(&message(1, "tea tea tea")).unwrap();
        store
            .add_message(&message(2, "a long story about many things and, at its end, tea"))
            .unwrap();
        store.add_message(&message(3, "coffee")).unwrap();
        let search = Search {
            expression: "\"tea\"".to_owned(),
            from: Timestamp::default(),
            until: Timestamp::from_millis(u64::MAX / 2),
            now: Timestamp::default(),
            limit: 10,
        };
        let texts = |found: Vec<StoredMessage>| -> Vec<u8> {
            found.iter().map(|message| message.content[0]).collect()
        };
        assert_eq!(texts(store.search_best(&search).unwrap()), [1, 2]);
        assert_eq!(texts(store.search_newest(&search).unwrap()), [2, 1]);
        let late = Search {
            from: Timestamp::from_millis(2),
            ..search.clone()
        };
        assert_eq!(texts(store.search_newest(&late).unwrap()), [2]);
        let early = Search {
            until: Timestamp::from_millis(2),
            ..search
        };
        assert_eq!(texts(store.search_best(&early).unwrap()), [1]);
    }
}
