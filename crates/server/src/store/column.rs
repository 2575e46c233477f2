//! From stored values to parsed types. A bad one is an error that names its table and column.

use super::StoreError;
use undertone_wire::Timestamp;
use undertone_wire::conversation::{ConversationKind, EntryKind};
use undertone_wire::group::Role;

/// Where a value comes from: table and column.
#[derive(Clone, Copy)]
pub(super) struct Column(pub(super) &'static str, pub(super) &'static str);

impl Column {
    /// The value is not what the program writes there.
    pub(super) const fn inconsistent(self) -> StoreError {
        StoreError::Inconsistent {
            table: self.0,
            column: self.1,
        }
    }

    /// An id.
    pub(super) fn id<T: for<'a> TryFrom<&'a [u8]>>(self, bytes: &[u8]) -> Result<T, StoreError> {
        T::try_from(bytes).map_err(|_| self.inconsistent())
    }

    /// A count.
    pub(super) fn number(self, value: i64) -> Result<u64, StoreError> {
        u64::try_from(value).map_err(|_| self.inconsistent())
    }

    /// A point in time.
    pub(super) fn time(self, milliseconds: i64) -> Result<Timestamp, StoreError> {
        self.number(milliseconds).map(Timestamp::from_millis)
    }

    /// What a log entry is.
    pub(super) fn entry_kind(self, value: i64) -> Result<EntryKind, StoreError> {
        match value {
            1 => Ok(EntryKind::Commit),
            2 => Ok(EntryKind::Message),
            3 => Ok(EntryKind::Proposal),
            4 => Ok(EntryKind::Expired),
            5 => Ok(EntryKind::Voided),
            _ => Err(self.inconsistent()),
        }
    }

    /// What somebody may do.
    pub(super) fn role(self, value: i64) -> Result<Role, StoreError> {
        match value {
            0 => Ok(Role::ReadOnly),
            1 => Ok(Role::Member),
            2 => Ok(Role::Admin),
            3 => Ok(Role::Owner),
            _ => Err(self.inconsistent()),
        }
    }

    /// What a conversation is for.
    pub(super) fn conversation_kind(self, value: i64) -> Result<ConversationKind, StoreError> {
        match value {
            1 => Ok(ConversationKind::Direct),
            2 => Ok(ConversationKind::Group),
            3 => Ok(ConversationKind::Room),
            _ => Err(self.inconsistent()),
        }
    }
}

/// How the kind of a conversation is stored.
pub(super) const fn conversation_kind(kind: ConversationKind) -> i64 {
    match kind {
        ConversationKind::Direct => 1,
        ConversationKind::Group => 2,
        ConversationKind::Room => 3,
    }
}

/// How a role is stored: more is more.
pub(super) const fn role(role: Role) -> i64 {
    match role {
        Role::ReadOnly => 0,
        Role::Member => 1,
        Role::Admin => 2,
        Role::Owner => 3,
    }
}

/// How a count is stored. What a client makes up may be larger than a column takes; the largest that
/// it takes is larger than anything that exists.
pub(super) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// How a point in time is stored.
pub(super) fn milliseconds(at: Timestamp) -> i64 {
    integer(at.as_millis())
}

/// How the kind of a log entry is stored; 0 stands for none.
pub(super) const fn entry_kind(kind: EntryKind) -> i64 {
    match kind {
        EntryKind::Commit => 1,
        EntryKind::Message => 2,
        EntryKind::Proposal => 3,
        EntryKind::Expired => 4,
        EntryKind::Voided => 5,
    }
}
