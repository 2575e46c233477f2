//! One row of the timeline: what it is, and how it is written in columns and read from them.

use crate::message::event::Event;
use crate::message::key::MessageKey;
use crate::store::StoreError;
use crate::store::column::Column;
use rusqlite::Row;
use undertone_wire::content::Expiry;
use undertone_wire::{ConversationId, DeviceId, MessageId, Sequence, Timestamp, UserId, UserName, codec};

/// Where an own message is on its way; messages of others are always sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageState {
    /// On its way.
    Sending,
    /// Stored by the server.
    Sent,
    /// Refused for good.
    Failed(Failure),
}

/// Why a message failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl Failure {
    /// One without particulars.
    pub fn unknown() -> Self {
        Self {
            code: "not_sent".to_owned(),
            message: "the message was not sent".to_owned(),
        }
    }
}

/// How long a message stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lifetime {
    /// The timer with which it was sent.
    pub expiry: Option<Expiry>,
    /// When it ends, by the server's clock, once that is known.
    pub expires_at: Option<Timestamp>,
}

impl Lifetime {
    /// The seconds after which the server deletes it, too.
    pub const fn after_sent(self) -> Option<u32> {
        match self.expiry {
            Some(Expiry::AfterSent(seconds)) => Some(seconds),
            Some(Expiry::AfterRead(_)) | None => None,
        }
    }
}

/// Who vouches for a message from before this device came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedBy {
    /// Who shared it.
    pub user: UserId,
    /// The writer's name, by their word.
    pub name: UserName,
}

/// What a row of the timeline is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RowKind {
    /// A message.
    #[default]
    Message,
    /// A message from before this device came.
    Shared(SharedBy),
    /// Something that happened; `text` and `content` are empty.
    Event(Event),
    /// An own part that nobody is shown; the row goes with its echo.
    Hidden,
}

/// What else is kept of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own")]
pub struct Marks {
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Passed on from elsewhere.
    pub forwarded: bool,
    /// The text is no longer what it said first.
    pub edited: bool,
    /// Taken back.
    pub deleted: bool,
    /// Starred on this device.
    pub starred: bool,
    /// Pinned for everyone.
    pub pinned: bool,
    /// Of a hidden part that is being written: the row of the message that it is about. Not read again.
    pub about: Option<i64>,
}

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// The order in which this device came to know of it.
    pub row: i64,
    /// What screens call it.
    pub key: MessageKey,
    /// In which conversation.
    pub conversation: ConversationId,
    /// Its id on all devices.
    pub message: MessageId,
    /// Its place in the log; for an own message at first by the server's word, then by the log itself.
    pub sequence: Option<Sequence>,
    /// Who sent it, by the MLS leaf.
    pub sender: UserId,
    /// From which device.
    pub sender_device: DeviceId,
    /// Whether the user of this device sent it.
    pub own: bool,
    /// Where it is on its way.
    pub state: MessageState,
    /// The server's time, or the sender's before that is known.
    pub sent_at: Timestamp,
    /// What it says.
    pub text: String,
    /// CBOR of its content.
    pub content: Vec<u8>,
    /// The server's MAC over its franking tag.
    pub franking_mac: Vec<u8>,
    /// Of an own message: SHA-256 of the last ciphertext.
    pub payload_hash: Option<[u8; 32]>,
    /// How long it stays.
    pub lifetime: Lifetime,
    /// What this row is.
    pub kind: RowKind,
    /// What else is kept of it.
    pub marks: Marks,
}

impl std::fmt::Debug for StoredMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredMessage({}, {:?})", self.message, self.sequence)
    }
}

pub(super) fn parts(state: &MessageState) -> (&'static str, Option<&Failure>) {
    match state {
        MessageState::Sending => ("sending", None),
        MessageState::Sent => ("sent", None),
        MessageState::Failed(failure) => ("failed", Some(failure)),
    }
}

pub(super) fn timer_parts(expiry: Option<Expiry>) -> (Option<u32>, Option<&'static str>) {
    match expiry {
        Some(Expiry::AfterSent(seconds)) => (Some(seconds), Some("sent")),
        Some(Expiry::AfterRead(seconds)) => (Some(seconds), Some("read")),
        None => (None, None),
    }
}

/// The columns that say what a row is.
pub(super) struct KindColumns<'a> {
    pub(super) event: Option<Vec<u8>>,
    pub(super) hidden: bool,
    pub(super) shared_by: Option<&'a [u8; 16]>,
    pub(super) shared_name: Option<&'a str>,
    /// Whether its place is the place of its entry in the log.
    pub(super) is_of_log: bool,
}

impl<'a> KindColumns<'a> {
    pub(super) fn of(kind: &'a RowKind) -> Result<Self, StoreError> {
        let mut columns = Self {
            event: None,
            hidden: false,
            shared_by: None,
            shared_name: None,
            is_of_log: true,
        };
        match kind {
            RowKind::Message => {}
            RowKind::Hidden => columns.hidden = true,
            RowKind::Shared(shared) => {
                columns.shared_by = Some(shared.user.as_bytes());
                columns.shared_name = Some(shared.name.as_str());
                columns.is_of_log = false;
            }
            RowKind::Event(event) => {
                let bad = |_| StoreError::BadRow {
                    table: "message",
                    column: "event",
                };
                columns.event = Some(codec::to_cbor(event).map_err(bad)?);
                columns.is_of_log = false;
            }
        }
        Ok(columns)
    }
}

fn read_kind(column: Column<'_, '_>) -> Result<RowKind, StoreError> {
    if let Some(event) = column.get::<Option<Vec<u8>>>("event")? {
        let event = codec::from_cbor(&event).map_err(|_bad| column.bad("event"))?;
        return Ok(RowKind::Event(event));
    }
    if let Some(user) = column.optional_user("shared_by")? {
        let name = column.parsed("shared_name")?;
        return Ok(RowKind::Shared(SharedBy { user, name }));
    }
    Ok(if column.get("hidden")? {
        RowKind::Hidden
    } else {
        RowKind::Message
    })
}

fn read_lifetime(column: Column<'_, '_>) -> Result<Lifetime, StoreError> {
    let seconds = column.optional_number("timer_seconds")?;
    let seconds = seconds.map(u32::try_from).transpose();
    let seconds = seconds.map_err(|_| column.bad("timer_seconds"))?;
    let from: Option<String> = column.get("timer_from")?;
    let expiry = match (seconds, from.as_deref()) {
        (None, None) => None,
        (Some(seconds), Some("sent")) => Some(Expiry::AfterSent(seconds)),
        (Some(seconds), Some("read")) => Some(Expiry::AfterRead(seconds)),
        _ => return Err(column.bad("timer_from")),
    };
    let expires_at = column.optional_number("expires_at")?;
    Ok(Lifetime {
        expiry,
        expires_at: expires_at.map(Timestamp::from_millis),
    })
}

fn read_marks(column: Column<'_, '_>) -> Result<Marks, StoreError> {
    Ok(Marks {
        reply_to: column.optional_array("reply_to")?.map(MessageId::from_bytes),
        forwarded: column.get("forwarded")?,
        edited: column.get("edited")?,
        deleted: column.get("deleted")?,
        starred: column.get("starred")?,
        pinned: column.get::<Option<i64>>("pinned_at")?.is_some(),
        about: None,
    })
}

pub(crate) fn read(row: &Row<'_>) -> Result<StoredMessage, StoreError> {
    let column = Column {
        row,
        table: "message",
    };
    let state: String = column.get("state")?;
    let failure = |name| Ok::<String, StoreError>(column.get::<Option<String>>(name)?.unwrap_or_default());
    let payload_hash: Option<Vec<u8>> = column.get("payload_hash")?;
    let position: i64 = column.get("position")?;
    let kind = read_kind(column)?;
    let is_placed = position != i64::MAX && !matches!(kind, RowKind::Shared(_));
    Ok(StoredMessage {
        row: column.get("id")?,
        key: MessageKey::from_bytes(column.array("key")?),
        conversation: column.conversation("conversation")?,
        message: column.message("message")?,
        sequence: if is_placed {
            Some(Sequence(column.number("position")?))
        } else {
            None
        },
        sender: column.user("sender")?,
        sender_device: column.device("sender_device")?,
        own: column.get("own")?,
        state: match state.as_str() {
            "sending" => MessageState::Sending,
            "sent" => MessageState::Sent,
            "failed" => MessageState::Failed(Failure {
                code: failure("failure_code")?,
                message: failure("failure_message")?,
            }),
            _ => return Err(column.bad("state")),
        },
        sent_at: column.time("sent_at")?,
        text: column.get("text")?,
        content: column.get("content")?,
        franking_mac: column.get("franking_mac")?,
        payload_hash: payload_hash
            .map(|hash| hash.try_into().map_err(|_| column.bad("payload_hash")))
            .transpose()?,
        lifetime: read_lifetime(column)?,
        kind,
        marks: read_marks(column)?,
    })
}
