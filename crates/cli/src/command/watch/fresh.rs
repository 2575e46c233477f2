//! Which of the rows that were printed are no longer what they were: edited, deleted, pinned, reacted to.

use crate::command::result::{MarksResult, MessageResult};
use std::collections::BTreeMap;
use undertone_client_core::MessageKey;
use undertone_client_core::view::MessageView;

/// The newest rows of a conversation as they were printed.
#[derive(Default)]
pub(super) struct Fresh(BTreeMap<MessageKey, String>);

impl Fresh {
    /// Takes the newest rows as printed.
    pub(super) fn new(rows: &[MessageView]) -> Self {
        let mut fresh = Self::default();
        fresh.changed(rows);
        fresh
    }

    /// The messages that are no longer what they were. Older ones than are given are forgotten.
    pub(super) fn changed(&mut self, rows: &[MessageView]) -> Vec<MessageResult> {
        let mut changed = Vec::new();
        let before = std::mem::take(&mut self.0);
        for row in rows
            .iter()
            .filter(|row| row.event.is_none() && row.message.is_some())
        {
            let now = looks(row);
            if before.get(&row.key).is_some_and(|before| *before != now) {
                changed.push(row.into());
            }
            self.0.insert(row.key, now);
        }
        changed
    }
}

/// All of a message that others can change.
fn looks(row: &MessageView) -> String {
    let marks = MarksResult {
        starred: false,
        ..row.into()
    };
    format!("{} {marks:?}", row.text)
}
