//! Full-text search, newest first.

use super::column::integer;
use super::message::{StoredMessage, read, select_message};
use super::{Store, StoreError};
use undertone_wire::Timestamp;

/// So many words of a query are looked for; the rest is ignored.
const WORDS_MAX: usize = 16;

impl Store {
    /// Messages that hold every word of `query`, or begin a word with it, newest first;
    /// none that had ended by `now`.
    pub fn search(&self, query: &str, limit: u32, now: Timestamp) -> Result<Vec<StoredMessage>, StoreError> {
        let Some(expression) = match_expression(query) else {
            return Ok(Vec::new());
        };
        self.rows(
            select_message!(
                "message_fts f JOIN message m ON m.id = f.rowid WHERE message_fts MATCH ?1 \
                 AND (m.expires_at IS NULL OR m.expires_at > ?3) ORDER BY f.rowid DESC LIMIT ?2"
            ),
            (expression, i64::from(limit), integer(now.as_millis())),
            read,
        )
    }
}

/// Every word as a quoted prefix, so that nothing in a query is taken for FTS5's own syntax.
fn match_expression(query: &str) -> Option<String> {
    let words: Vec<String> = query
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
        .map(|word| format!("\"{word}\"*"))
        .collect();
    if words.is_empty() {
        None
    } else {
        Some(words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::match_expression;

    #[test]
    fn words_become_quoted_prefixes() {
        assert_eq!(
            match_expression("green  tea").as_deref(),
            Some("\"green\"* \"tea\"*")
        );
        assert_eq!(
            match_expression("\"a\" OR b* NEAR(").as_deref(),
            Some("\"a\"* \"OR\"* \"b\"* \"NEAR\"*")
        );
        assert_eq!(match_expression(" -*\"( "), None);
    }
}
