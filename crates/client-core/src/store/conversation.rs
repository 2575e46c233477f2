//! Conversations: where each stands in its log, and own commits that wait for their echo.

use super::column::{Column, integer};
use super::{Store, StoreError};
use rusqlite::Row;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::{ConversationId, Counter, Epoch, Sequence, Timestamp, UserId};

/// How far a conversation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationState {
    /// This device wants to begin it; the server has not said yes.
    Creating,
    /// It can be written to and read.
    Active,
    /// An entry of its log cannot be processed: what was read stays, nothing more can be sent.
    Blocked,
}

impl ConversationState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Active => "active",
            Self::Blocked => "blocked",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Creating, Self::Active, Self::Blocked]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// One conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Which.
    pub id: ConversationId,
    /// What it is for.
    pub kind: ConversationKind,
    /// The other person.
    pub peer: UserId,
    /// How far it has come.
    pub state: ConversationState,
    /// The last entry of the log that was processed.
    pub sequence: Sequence,
    /// The running hash there; empty where it is not known.
    pub running_hash: Vec<u8>,
    /// The last counter of this device that the server has stored.
    pub own_counter: Counter,
    /// Up to here the user has read.
    pub read_sequence: Sequence,
    /// When it began, or came to this device.
    pub begun_at: Timestamp,
    /// While creating: CBOR of the request, sent again and again until the server answers.
    pub creation: Option<Vec<u8>>,
}

/// An own commit under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCommit {
    /// The epoch that it ends.
    pub epoch: Epoch,
    /// This device's counter.
    pub counter: Counter,
    /// SHA-256 of the commit, by which its echo is known.
    pub payload_hash: [u8; 32],
    /// CBOR of the bundle, to be sent again.
    pub bundle: Vec<u8>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, peer, state, sequence, running_hash, own_counter, read_sequence, begun_at, creation \
             FROM conversation ",
            $rest
        )
    };
}

impl Store {
    /// One conversation.
    pub fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        self.row(select!("WHERE id = ?1"), [id.as_bytes()], read)
    }

    /// All conversations.
    pub fn conversations(&self) -> Result<Vec<Conversation>, StoreError> {
        self.rows(select!("ORDER BY begun_at, id"), [], read)
    }

    /// The conversations with one person, oldest first.
    pub fn conversations_with(&self, peer: UserId) -> Result<Vec<Conversation>, StoreError> {
        self.rows(
            select!("WHERE peer = ?1 ORDER BY begun_at, id"),
            [peer.as_bytes()],
            read,
        )
    }

    /// Keeps a new conversation.
    pub fn add_conversation(&self, conversation: &Conversation) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO conversation (id, kind, peer, state, sequence, running_hash, own_counter, \
             read_sequence, begun_at, creation) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            (
                conversation.id.as_bytes(),
                kind_text(conversation.kind),
                conversation.peer.as_bytes(),
                conversation.state.as_str(),
                integer(conversation.sequence.0),
                &conversation.running_hash,
                integer(conversation.own_counter.0),
                integer(conversation.read_sequence.0),
                integer(conversation.begun_at.as_millis()),
                &conversation.creation,
            ),
        )?;
        Ok(())
    }

    /// Keeps where a conversation stands now: everything that changes but what was read.
    pub fn save_conversation(&self, conversation: &Conversation) -> Result<(), StoreError> {
        self.execute(
            "UPDATE conversation SET state = ?2, sequence = ?3, running_hash = ?4, own_counter = ?5, \
             creation = ?6 WHERE id = ?1",
            (
                conversation.id.as_bytes(),
                conversation.state.as_str(),
                integer(conversation.sequence.0),
                &conversation.running_hash,
                integer(conversation.own_counter.0),
                &conversation.creation,
            ),
        )?;
        Ok(())
    }

    /// Keeps that everything up to `sequence` was read; gives whether that is news.
    pub fn mark_read(&self, id: ConversationId, sequence: Sequence) -> Result<bool, StoreError> {
        let changed = self.execute(
            "UPDATE conversation SET read_sequence = ?2 WHERE id = ?1 AND read_sequence < ?2",
            (id.as_bytes(), integer(sequence.0)),
        )?;
        Ok(changed > 0)
    }

    /// Deletes a conversation with all that belongs to it, but for the group's state.
    pub fn delete_conversation(&self, id: ConversationId) -> Result<(), StoreError> {
        self.execute("DELETE FROM conversation WHERE id = ?1", [id.as_bytes()])?;
        Ok(())
    }

    /// The own commit under way in a conversation.
    pub fn own_commit(&self, id: ConversationId) -> Result<Option<OwnCommit>, StoreError> {
        self.row(
            "SELECT epoch, counter, payload_hash, bundle FROM own_commit WHERE conversation = ?1",
            [id.as_bytes()],
            |row| {
                let column = Column {
                    row,
                    table: "own_commit",
                };
                Ok(OwnCommit {
                    epoch: Epoch(column.number("epoch")?),
                    counter: Counter(column.number("counter")?),
                    payload_hash: column.array("payload_hash")?,
                    bundle: column.get("bundle")?,
                })
            },
        )
    }

    /// The conversations with an own commit under way.
    pub fn conversations_with_own_commit(&self) -> Result<Vec<ConversationId>, StoreError> {
        self.rows(
            "SELECT conversation FROM own_commit ORDER BY conversation",
            [],
            |row| {
                Column {
                    row,
                    table: "own_commit",
                }
                .conversation("conversation")
            },
        )
    }

    /// Keeps an own commit before it is sent.
    pub fn save_own_commit(&self, id: ConversationId, commit: &OwnCommit) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO own_commit (conversation, epoch, counter, payload_hash, bundle) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                id.as_bytes(),
                integer(commit.epoch.0),
                integer(commit.counter.0),
                commit.payload_hash,
                &commit.bundle,
            ),
        )?;
        Ok(())
    }

    /// Forgets the own commit: merged, or overtaken.
    pub fn delete_own_commit(&self, id: ConversationId) -> Result<(), StoreError> {
        self.execute("DELETE FROM own_commit WHERE conversation = ?1", [id.as_bytes()])?;
        Ok(())
    }
}

const fn kind_text(kind: ConversationKind) -> &'static str {
    match kind {
        ConversationKind::Direct => "direct",
    }
}

fn read(row: &Row<'_>) -> Result<Conversation, StoreError> {
    let column = Column {
        row,
        table: "conversation",
    };
    let kind: String = column.get("kind")?;
    let state: String = column.get("state")?;
    Ok(Conversation {
        id: column.conversation("id")?,
        kind: match kind.as_str() {
            "direct" => ConversationKind::Direct,
            _ => return Err(column.bad("kind")),
        },
        peer: column.user("peer")?,
        state: ConversationState::parse(&state).ok_or_else(|| column.bad("state"))?,
        sequence: Sequence(column.number("sequence")?),
        running_hash: column.get("running_hash")?,
        own_counter: Counter(column.number("own_counter")?),
        read_sequence: Sequence(column.number("read_sequence")?),
        begun_at: column.time("begun_at")?,
        creation: column.get("creation")?,
    })
}
