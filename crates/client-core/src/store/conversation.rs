//! Conversations: what each is for, and where it stands in its log.

use super::column::{Column, integer};
use super::{Store, StoreError};
use rusqlite::Row;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::GroupProfile;
use undertone_wire::{ConversationId, Counter, Sequence, Timestamp, UserId, codec};

/// How far a conversation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationState {
    /// This device wants to begin it; the server has not said yes.
    Creating,
    /// This device wants to come in; the server has not said yes.
    Joining,
    /// This device knocked; nobody has opened yet.
    Waiting,
    /// It can be written to and read.
    Active,
    /// This device has lost the group's state and comes in again.
    Lost,
    /// The user left, or was put out: what was read stays.
    Removed,
    /// It has ended for everyone: what was read stays.
    Closed,
    /// An entry of its log is not to be believed: what was read stays, nothing more can be sent.
    Blocked,
}

impl ConversationState {
    const ALL: [Self; 8] = [
        Self::Creating,
        Self::Joining,
        Self::Waiting,
        Self::Active,
        Self::Lost,
        Self::Removed,
        Self::Closed,
        Self::Blocked,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Joining => "joining",
            Self::Waiting => "waiting",
            Self::Active => "active",
            Self::Lost => "lost",
            Self::Removed => "removed",
            Self::Closed => "closed",
            Self::Blocked => "blocked",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether the conversation has begun for the user: it is in the list.
    pub const fn has_begun(self) -> bool {
        !matches!(self, Self::Creating | Self::Joining)
    }

    /// Whether this device is coming in by an external commit.
    pub const fn is_coming(self) -> bool {
        matches!(self, Self::Joining | Self::Lost)
    }

    /// Whether the entries of its log are processed.
    pub const fn follows_log(self) -> bool {
        matches!(self, Self::Creating | Self::Active)
    }

    /// Whether the state of its group is on this device, and means something.
    pub const fn has_group(self) -> bool {
        matches!(self, Self::Active | Self::Blocked)
    }

    /// Whether this device is out, and comes in by a Welcome or a link only.
    pub const fn is_outside(self) -> bool {
        matches!(
            self,
            Self::Joining | Self::Waiting | Self::Lost | Self::Removed | Self::Closed
        )
    }
}

/// One conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Which.
    pub id: ConversationId,
    /// What it is for.
    pub kind: ConversationKind,
    /// The other person of a direct conversation.
    pub peer: Option<UserId>,
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
    /// While creating or coming in: CBOR of the request, sent again and again until the server answers.
    pub creation: Option<Vec<u8>>,
    /// The group's profile as of the last commit.
    pub profile: Option<GroupProfile>,
    /// People in it as of the last commit.
    pub people: u32,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, peer, state, sequence, running_hash, own_counter, read_sequence, begun_at, \
             creation, profile, people FROM conversation ",
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

    /// Whether this device must come into a conversation again.
    pub fn has_lost_conversation(&self) -> Result<bool, StoreError> {
        let found = self.row(
            "SELECT id FROM conversation WHERE state = 'lost' LIMIT 1",
            [],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    /// Keeps a new conversation.
    pub fn add_conversation(&self, conversation: &Conversation) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO conversation (id, kind, peer, state, sequence, running_hash, own_counter, \
             read_sequence, begun_at, creation, profile, people) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            (
                conversation.id.as_bytes(),
                kind_text(conversation.kind),
                conversation.peer.as_ref().map(UserId::as_bytes),
                conversation.state.as_str(),
                integer(conversation.sequence.0),
                &conversation.running_hash,
                integer(conversation.own_counter.0),
                integer(conversation.read_sequence.0),
                integer(conversation.begun_at.as_millis()),
                &conversation.creation,
                profile_bytes(conversation)?,
                conversation.people,
            ),
        )?;
        Ok(())
    }

    /// Keeps where a conversation stands now: everything that changes but what was read.
    pub fn save_conversation(&self, conversation: &Conversation) -> Result<(), StoreError> {
        self.execute(
            "UPDATE conversation SET state = ?2, sequence = ?3, running_hash = ?4, own_counter = ?5, \
             creation = ?6, profile = ?7, people = ?8 WHERE id = ?1",
            (
                conversation.id.as_bytes(),
                conversation.state.as_str(),
                integer(conversation.sequence.0),
                &conversation.running_hash,
                integer(conversation.own_counter.0),
                &conversation.creation,
                profile_bytes(conversation)?,
                conversation.people,
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
}

const fn kind_text(kind: ConversationKind) -> &'static str {
    match kind {
        ConversationKind::Direct => "direct",
        ConversationKind::Group => "group",
        ConversationKind::Room => "room",
    }
}

fn profile_bytes(conversation: &Conversation) -> Result<Option<Vec<u8>>, StoreError> {
    let profile = conversation.profile.as_ref().map(codec::to_cbor).transpose();
    profile.map_err(|_| StoreError::BadRow {
        table: "conversation",
        column: "profile",
    })
}

fn read(row: &Row<'_>) -> Result<Conversation, StoreError> {
    let column = Column {
        row,
        table: "conversation",
    };
    let kind: String = column.get("kind")?;
    let state: String = column.get("state")?;
    let profile: Option<Vec<u8>> = column.get("profile")?;
    Ok(Conversation {
        id: column.conversation("id")?,
        kind: match kind.as_str() {
            "direct" => ConversationKind::Direct,
            "group" => ConversationKind::Group,
            "room" => ConversationKind::Room,
            _ => return Err(column.bad("kind")),
        },
        peer: column.optional_user("peer")?,
        state: ConversationState::parse(&state).ok_or_else(|| column.bad("state"))?,
        sequence: Sequence(column.number("sequence")?),
        running_hash: column.get("running_hash")?,
        own_counter: Counter(column.number("own_counter")?),
        read_sequence: Sequence(column.number("read_sequence")?),
        begun_at: column.time("begun_at")?,
        creation: column.get("creation")?,
        profile: profile
            .map(|bytes| codec::from_cbor(&bytes))
            .transpose()
            .map_err(|_| column.bad("profile"))?,
        people: u32::try_from(column.number("people")?).map_err(|_| column.bad("people"))?,
    })
}
