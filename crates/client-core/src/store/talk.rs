//! What was said about messages: edits, deletions, reactions and pins, each with its place in the log, and
//! what the message is by all of them. What counts is decided in `message::talk`.

use super::column::{Column, integer};
use super::message::{StoredMessage, read, select_message};
use super::{Store, StoreError};
use rusqlite::Row;
use undertone_wire::{ConversationId, MessageId, Sequence, Timestamp, UserId};

/// Something that was said about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// It says this from now on.
    Edit(String),
    /// It is taken back.
    Deletion,
    /// An emoji, or no longer.
    Reaction(String, bool),
    /// It is pinned, or no longer.
    Pin(bool),
}

impl Said {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Edit(_) => "edit",
            Self::Deletion => "deletion",
            Self::Reaction(..) => "reaction",
            Self::Pin(_) => "pin",
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Edit(text) | Self::Reaction(text, _) => text,
            Self::Deletion | Self::Pin(_) => "",
        }
    }

    const fn is_on(&self) -> bool {
        match self {
            Self::Edit(_) | Self::Deletion => true,
            Self::Reaction(_, on) | Self::Pin(on) => *on,
        }
    }
}

/// One of them, with who said it and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remark {
    pub(crate) conversation: ConversationId,
    /// The row of the message.
    pub(crate) target: i64,
    /// Its place in the log, once it has one.
    pub(crate) at: Option<Sequence>,
    pub(crate) user: UserId,
    /// Said on this device.
    pub(crate) own: bool,
    pub(crate) said_at: Timestamp,
    pub(crate) said: Said,
    /// Of an edit: what a report would need.
    pub(crate) evidence: Option<Evidence>,
    /// The hidden row that brings it to the log.
    pub(crate) part: Option<i64>,
}

/// What shows that somebody wrote an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) message: MessageId,
    pub(crate) content: Vec<u8>,
    pub(crate) franking_mac: Vec<u8>,
}

/// A reaction of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredReaction {
    pub(crate) user: UserId,
    pub(crate) emoji: String,
    pub(crate) on: bool,
}

/// What a message is without its remarks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Original<'a> {
    pub(crate) text: &'a str,
    /// It was edited before this device got it.
    pub(crate) edited: bool,
}

impl Store {
    /// A message of a conversation by its id.
    pub(crate) fn message_by_id(
        &self,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<Option<StoredMessage>, StoreError> {
        self.row(
            select_message!("message m WHERE m.conversation = ?1 AND m.message = ?2"),
            (conversation.as_bytes(), message.as_bytes()),
            read,
        )
    }

    /// A message by its row.
    pub(crate) fn message_by_row(&self, row: i64) -> Result<Option<StoredMessage>, StoreError> {
        self.row(select_message!("message m WHERE m.id = ?1"), [row], read)
    }

    /// The message that the edit with this id is an edit of.
    pub(crate) fn message_by_edit(
        &self,
        conversation: ConversationId,
        edit: MessageId,
    ) -> Result<Option<StoredMessage>, StoreError> {
        self.row(
            select_message!(
                "message m JOIN remark r ON r.target = m.id WHERE r.conversation = ?1 AND r.message = ?2 LIMIT 1"
            ),
            (conversation.as_bytes(), edit.as_bytes()),
            read,
        )
    }

    /// Keeps a remark.
    pub(crate) fn add_remark(&self, remark: &Remark) -> Result<(), StoreError> {
        let evidence = remark.evidence.as_ref();
        let nothing: &[u8] = &[];
        self.execute(
            "INSERT INTO remark (conversation, target, position, user, own, said_at, kind, text, is_on, \
             message, content, franking_mac, part) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            rusqlite::params![
                remark.conversation.as_bytes(),
                remark.target,
                remark.at.map_or(i64::MAX, |at| integer(at.0)),
                remark.user.as_bytes(),
                remark.own,
                integer(remark.said_at.as_millis()),
                remark.said.kind(),
                remark.said.text(),
                remark.said.is_on(),
                evidence.map(|evidence| evidence.message.as_bytes()),
                evidence.map_or(nothing, |evidence| &evidence.content),
                evidence.map_or(nothing, |evidence| &evidence.franking_mac),
                remark.part,
            ],
        )?;
        Ok(())
    }

    /// Forgets what somebody said of the same kind before and what has its place: a new reaction with the
    /// same emoji, or a new pin, replaces it.
    pub(crate) fn forget_said(&self, remark: &Remark) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM remark WHERE target = ?1 AND kind = ?2 AND text = ?3 AND part IS NULL \
             AND (kind = 'pin' OR user = ?4)",
            (
                remark.target,
                remark.said.kind(),
                remark.said.text(),
                remark.user.as_bytes(),
            ),
        )?;
        Ok(())
    }

    /// Forgets all edits of a message but the newest so many.
    pub(crate) fn forget_old_edits(&self, target: i64, keep: u32) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM remark WHERE target = ?1 AND kind = 'edit' AND part IS NULL AND id NOT IN (\
             SELECT id FROM remark WHERE target = ?1 AND kind = 'edit' AND part IS NULL \
             ORDER BY position DESC, id DESC LIMIT ?2)",
            (target, keep),
        )?;
        Ok(())
    }

    /// The message that an own hidden part is about, while it is on its way.
    pub(crate) fn target_of_part(&self, part: i64) -> Result<Option<i64>, StoreError> {
        self.row("SELECT target FROM remark WHERE part = ?1", [part], |row| {
            Column { row, table: "remark" }.get("target")
        })
    }

    /// Forgets what an own hidden part says.
    pub(crate) fn forget_part(&self, part: i64) -> Result<(), StoreError> {
        self.execute("DELETE FROM remark WHERE part = ?1", [part])?;
        Ok(())
    }

    /// The message is what its remarks say.
    pub(crate) fn settle_message(&self, row: i64, original: Original<'_>) -> Result<(), StoreError> {
        self.execute(
            "UPDATE message SET deleted = (length(content) = 0 OR EXISTS (\
               SELECT 1 FROM remark r WHERE r.target = ?1 AND r.kind = 'deletion')), \
             edited = (length(content) > 0 AND (?3 OR EXISTS (\
               SELECT 1 FROM remark r WHERE r.target = ?1 AND r.kind = 'edit'))), \
             pinned_at = (SELECT CASE WHEN r.is_on THEN r.position END FROM remark r \
               WHERE r.target = ?1 AND r.kind = 'pin' ORDER BY r.position DESC, r.id DESC LIMIT 1), \
             text = CASE WHEN length(content) = 0 OR EXISTS (\
               SELECT 1 FROM remark r WHERE r.target = ?1 AND r.kind = 'deletion') THEN '' \
             ELSE coalesce((SELECT r.text FROM remark r WHERE r.target = ?1 AND r.kind = 'edit' \
               ORDER BY r.position DESC, r.id DESC LIMIT 1), ?2) END WHERE id = ?1",
            (row, original.text, original.edited),
        )?;
        Ok(())
    }

    /// Nothing of what a message said stays.
    pub(crate) fn scrub_message(&self, row: i64) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM remark WHERE target = ?1 AND kind <> 'deletion' AND part IS NULL",
            [row],
        )?;
        // What was still to be said of it is of no use to anybody.
        self.execute(
            "DELETE FROM message WHERE about = ?1 AND state = 'sending' AND id NOT IN (\
             SELECT id FROM outbox WHERE payload IS NOT NULL) AND id NOT IN (\
             SELECT part FROM remark WHERE target = ?1 AND kind = 'deletion' AND part IS NOT NULL)",
            [row],
        )?;
        self.execute(
            "UPDATE message SET text = '', content = x'', starred = 0, pinned_at = NULL, reply_to = NULL \
             WHERE id = ?1",
            [row],
        )?;
        Ok(())
    }

    /// What an edited message said, the newest last, without what it said first.
    pub(crate) fn edits(&self, target: i64) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let mut edits: Vec<(String, Timestamp)> = self.rows(
            "SELECT text, said_at FROM remark WHERE target = ?1 AND kind = 'edit' ORDER BY position, id",
            [target],
            |row| {
                let column = Column { row, table: "remark" };
                Ok((column.get("text")?, column.time("said_at")?))
            },
        )?;
        // What is said anew after the server went back changes nothing.
        edits.dedup_by(|later, earlier| later.0 == earlier.0);
        Ok(edits)
    }

    /// The ids of the edits of a message, the newest last.
    #[cfg(test)]
    pub(crate) fn edit_ids(&self, target: i64) -> Result<Vec<MessageId>, StoreError> {
        self.rows(
            "SELECT message FROM remark WHERE target = ?1 AND message IS NOT NULL ORDER BY position, id",
            [target],
            |row| Column { row, table: "remark" }.message("message"),
        )
    }

    /// All reactions to a message, the oldest first; the last of a person with an emoji counts.
    pub(crate) fn reactions(&self, target: i64) -> Result<Vec<StoredReaction>, StoreError> {
        self.rows(
            "SELECT user, text, is_on FROM remark WHERE target = ?1 AND kind = 'reaction' ORDER BY position, id",
            [target],
            |row| {
                let column = Column { row, table: "remark" };
                Ok(StoredReaction {
                    user: column.user("user")?,
                    emoji: column.get("text")?,
                    on: column.get("is_on")?,
                })
            },
        )
    }

    /// What this device said from a place in the log on, in order.
    pub(crate) fn own_remarks_since(
        &self,
        conversation: ConversationId,
        from: Sequence,
    ) -> Result<Vec<Remark>, StoreError> {
        self.rows(
            "SELECT target, user, said_at, kind, text, is_on FROM remark WHERE conversation = ?1 \
             AND position >= ?2 AND own = 1 AND part IS NULL ORDER BY position, id",
            (conversation.as_bytes(), integer(from.0)),
            |row| read_own(row, conversation),
        )
    }

    /// Forgets what was said from a place in the log on; gives about which messages.
    pub(crate) fn forget_remarks_since(
        &self,
        conversation: ConversationId,
        from: Sequence,
    ) -> Result<Vec<i64>, StoreError> {
        let place = (conversation.as_bytes(), integer(from.0));
        let targets = self.rows(
            "SELECT DISTINCT target FROM remark WHERE conversation = ?1 AND position >= ?2 AND part IS NULL",
            place,
            |row| Column { row, table: "remark" }.get("target"),
        )?;
        self.execute(
            "DELETE FROM remark WHERE conversation = ?1 AND position >= ?2 AND part IS NULL",
            place,
        )?;
        Ok(targets)
    }

    /// The pinned messages of a conversation that have not ended, the last pinned first.
    pub(crate) fn pinned(
        &self,
        conversation: ConversationId,
        now: Timestamp,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        self.rows(
            select_message!(
                "message m WHERE m.conversation = ?1 AND m.pinned_at IS NOT NULL AND m.deleted = 0 \
                 AND (m.expires_at IS NULL OR m.expires_at > ?2) \
                 AND m.id NOT IN (SELECT message FROM deletion) ORDER BY m.pinned_at DESC, m.id DESC"
            ),
            (conversation.as_bytes(), integer(now.as_millis())),
            read,
        )
    }

    /// The starred messages that have not ended, the newest first.
    pub(crate) fn starred(&self, limit: u32, now: Timestamp) -> Result<Vec<StoredMessage>, StoreError> {
        self.rows(
            select_message!(
                "message m WHERE m.starred = 1 AND m.deleted = 0 \
                 AND (m.expires_at IS NULL OR m.expires_at > ?2) \
                 AND m.id NOT IN (SELECT message FROM deletion) ORDER BY m.sent_at DESC, m.id DESC LIMIT ?1"
            ),
            (limit, integer(now.as_millis())),
            read,
        )
    }

    /// Stars a message on this device, or no longer.
    pub(crate) fn set_starred(&self, row: i64, on: bool) -> Result<(), StoreError> {
        self.execute("UPDATE message SET starred = ?2 WHERE id = ?1", (row, on))?;
        Ok(())
    }

    /// Deletes a message on this device. An own one that has not come back through the log yet is known
    /// when it does.
    pub(crate) fn delete_message_here(&self, row: i64) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR IGNORE INTO ended_echo (conversation, payload_hash) SELECT conversation, payload_hash \
             FROM message WHERE (id = ?1 OR about = ?1) AND payload_hash IS NOT NULL AND sequence IS NULL",
            [row],
        )?;
        self.delete_message(row)
    }

    /// An own part was refused: nothing of what it said stays, but for why.
    pub(crate) fn empty_part(&self, row: i64) -> Result<(), StoreError> {
        self.execute("UPDATE message SET content = x'' WHERE id = ?1", [row])?;
        Ok(())
    }

    /// Forgets why own parts were refused: whoever wanted to know is gone.
    pub(crate) fn forget_refused_parts(&self) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM message WHERE about IS NOT NULL AND hidden = 1 AND state = 'failed'",
            [],
        )?;
        Ok(())
    }
}

fn read_own(row: &Row<'_>, conversation: ConversationId) -> Result<Remark, StoreError> {
    let column = Column { row, table: "remark" };
    let (kind, text, on): (String, String, bool) =
        (column.get("kind")?, column.get("text")?, column.get("is_on")?);
    Ok(Remark {
        conversation,
        target: column.get("target")?,
        at: None,
        user: column.user("user")?,
        own: true,
        said_at: column.time("said_at")?,
        said: match kind.as_str() {
            "edit" => Said::Edit(text),
            "deletion" => Said::Deletion,
            "reaction" => Said::Reaction(text, on),
            "pin" => Said::Pin(on),
            _ => return Err(column.bad("kind")),
        },
        evidence: None,
        part: None,
    })
}
