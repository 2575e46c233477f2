//! The queue of what is to become of groups. What an action means is decided in `conversation::action`.

use super::column::{Column, integer};
use super::{Store, StoreError};
use undertone_wire::{ConversationId, Timestamp};

/// Something that is to become part of a commit.
#[derive(Clone, PartialEq, Eq)]
pub struct QueuedAction {
    /// Its place in the queue.
    pub id: i64,
    /// CBOR.
    pub action: Vec<u8>,
    /// How often it was refused.
    pub tries: u32,
}

impl std::fmt::Debug for QueuedAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "QueuedAction({}, tried {} times)", self.id, self.tries)
    }
}

impl Store {
    /// Puts an action at the end; gives its place.
    pub fn add_action(
        &self,
        conversation: ConversationId,
        action: &[u8],
        due_at: Timestamp,
    ) -> Result<i64, StoreError> {
        self.execute(
            "INSERT INTO group_action (conversation, action, due_at) VALUES (?1, ?2, ?3)",
            (conversation.as_bytes(), action, integer(due_at.as_millis())),
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// One action, and of which conversation.
    pub fn action(&self, id: i64) -> Result<Option<(ConversationId, QueuedAction)>, StoreError> {
        self.row(
            "SELECT conversation, id, action, tries FROM group_action WHERE id = ?1",
            [id],
            read_with_conversation,
        )
    }

    /// The actions of all conversations that were queued for a moment up to this one, in their order;
    /// without those that were queued for at once.
    pub fn held_actions(&self, until: Timestamp) -> Result<Vec<(ConversationId, QueuedAction)>, StoreError> {
        self.rows(
            "SELECT conversation, id, action, tries FROM group_action \
             WHERE due_at > 0 AND due_at <= ?1 ORDER BY id",
            [integer(until.as_millis())],
            read_with_conversation,
        )
    }

    /// The actions of all conversations that are due after a moment.
    pub fn actions_after(&self, at: Timestamp) -> Result<Vec<QueuedAction>, StoreError> {
        self.rows(
            "SELECT id, action, tries FROM group_action WHERE due_at > ?1 ORDER BY id",
            [integer(at.as_millis())],
            read,
        )
    }

    /// Puts another action in the place of one.
    pub fn replace_action(&self, id: i64, action: &[u8], due_at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "UPDATE group_action SET action = ?2, due_at = ?3 WHERE id = ?1",
            (id, action, integer(due_at.as_millis())),
        )?;
        Ok(())
    }

    /// The actions of a conversation that are due, in their order.
    pub fn due_actions(
        &self,
        conversation: ConversationId,
        now: Timestamp,
    ) -> Result<Vec<QueuedAction>, StoreError> {
        self.rows(
            "SELECT id, action, tries FROM group_action WHERE conversation = ?1 AND due_at <= ?2 ORDER BY id",
            (conversation.as_bytes(), integer(now.as_millis())),
            read,
        )
    }

    /// All actions of a conversation, due or not.
    pub fn actions(&self, conversation: ConversationId) -> Result<Vec<QueuedAction>, StoreError> {
        self.rows(
            "SELECT id, action, tries FROM group_action WHERE conversation = ?1 ORDER BY id",
            [conversation.as_bytes()],
            read,
        )
    }

    /// The actions that are part of the own commit under way.
    pub fn actions_under_way(&self, conversation: ConversationId) -> Result<Vec<QueuedAction>, StoreError> {
        self.rows(
            "SELECT id, action, tries FROM group_action WHERE conversation = ?1 AND under_way = 1 ORDER BY id",
            [conversation.as_bytes()],
            read,
        )
    }

    /// The conversations in which an action is due.
    pub fn conversations_with_due_action(&self, now: Timestamp) -> Result<Vec<ConversationId>, StoreError> {
        self.rows(
            "SELECT DISTINCT a.conversation AS conversation FROM group_action a \
             JOIN conversation c ON c.id = a.conversation \
             WHERE c.state = 'active' AND a.due_at <= ?1 ORDER BY a.conversation",
            [integer(now.as_millis())],
            |row| {
                Column {
                    row,
                    table: "group_action",
                }
                .conversation("conversation")
            },
        )
    }

    /// When the next action is due that is not yet.
    pub fn next_action_at(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.row(
            "SELECT a.due_at AS due_at FROM group_action a JOIN conversation c ON c.id = a.conversation \
             WHERE c.state = 'active' AND a.due_at > ?1 ORDER BY a.due_at LIMIT 1",
            [integer(now.as_millis())],
            |row| {
                Column {
                    row,
                    table: "group_action",
                }
                .time("due_at")
            },
        )
    }

    /// Keeps whether an action is part of the own commit under way.
    pub fn set_action_under_way(&self, id: i64, under_way: bool) -> Result<(), StoreError> {
        self.execute(
            "UPDATE group_action SET under_way = ?2 WHERE id = ?1",
            (id, under_way),
        )?;
        Ok(())
    }

    /// The own commit is gone: its actions wait again, tried once more.
    pub fn return_actions(&self, conversation: ConversationId) -> Result<(), StoreError> {
        self.execute(
            "UPDATE group_action SET under_way = 0, tries = tries + 1 WHERE conversation = ?1 AND under_way = 1",
            [conversation.as_bytes()],
        )?;
        Ok(())
    }

    /// Keeps when an action is due.
    pub fn set_action_due(&self, id: i64, due_at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "UPDATE group_action SET due_at = ?2 WHERE id = ?1",
            (id, integer(due_at.as_millis())),
        )?;
        Ok(())
    }

    /// How many actions are due, and own commits under way, in conversations that take any.
    pub fn unfinished_actions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let count = self.row(
            "SELECT (SELECT count(*) FROM group_action a JOIN conversation c ON c.id = a.conversation \
             WHERE c.state = 'active' AND a.due_at <= ?1) + (SELECT count(*) FROM own_commit o \
             JOIN conversation c ON c.id = o.conversation WHERE c.state = 'active') AS unfinished",
            [integer(now.as_millis())],
            |row| {
                Column {
                    row,
                    table: "group_action",
                }
                .number("unfinished")
            },
        )?;
        Ok(count.unwrap_or_default())
    }

    /// Takes an action out: done, or failed for good.
    pub fn delete_action(&self, id: i64) -> Result<(), StoreError> {
        self.execute("DELETE FROM group_action WHERE id = ?1", [id])?;
        Ok(())
    }
}

fn read_with_conversation(row: &rusqlite::Row<'_>) -> Result<(ConversationId, QueuedAction), StoreError> {
    let column = Column {
        row,
        table: "group_action",
    };
    Ok((column.conversation("conversation")?, read(row)?))
}

fn read(row: &rusqlite::Row<'_>) -> Result<QueuedAction, StoreError> {
    let column = Column {
        row,
        table: "group_action",
    };
    Ok(QueuedAction {
        id: column.get("id")?,
        action: column.get("action")?,
        tries: u32::try_from(column.number("tries")?).map_err(|_| column.bad("tries"))?,
    })
}
