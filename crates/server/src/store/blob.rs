//! The operations on blobs: what the database knows of them. Their bytes lie in files
//! ([`crate::blob`]), which come after their row and go before it, so that no file is without a row.

use super::column::{Column, integer, milliseconds};
use super::conversation::on_both;
use super::{Store, StoreError};
use std::time::Duration;
use undertone_wire::limits::{BLOB_UNFINISHED_LIFE, RETENTION_CEILING};
use undertone_wire::{BlobId, ConversationId, DeviceId, ErrorCode, Timestamp, UserId};

/// Beside its bytes each blob counts so many towards its user's share: many small ones cost, too.
pub const BLOB_OVERHEAD_BYTES: u64 = 16 * 1024;

/// Under which name a blob's bytes lie: drawn by the server, known to nobody else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobFile([u8; 16]);

impl BlobFile {
    /// Takes bytes that were drawn at random.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Debug for BlobFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlobFile(…)")
    }
}

impl TryFrom<&[u8]> for BlobFile {
    type Error = std::array::TryFromSliceError;
    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self)
    }
}

/// A blob that is to be uploaded.
#[derive(Debug, Clone)]
pub struct NewBlob {
    /// Drawn by the client.
    pub blob: BlobId,
    /// With which conversation it goes.
    pub conversation: ConversationId,
    /// Who uploads it.
    pub user: UserId,
    /// By which device, which is a member.
    pub device: DeviceId,
    /// How many bytes it will have.
    pub size: u64,
    /// How long it stays when it is complete, if the uploader wants it shorter.
    pub life: Option<Duration>,
    /// Under which name it lies, if it is new.
    pub file: BlobFile,
    /// So many bytes the user may have on this server.
    pub share_bytes: u64,
    /// Now.
    pub now: Timestamp,
}

/// A blob as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredBlob {
    /// Which.
    pub blob: BlobId,
    /// Under which name its bytes lie.
    pub file: BlobFile,
    /// How many it will have.
    pub size: u64,
    /// How many are there for good.
    pub received: u64,
}

/// Why there is no place for a blob. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlobRefusal {
    /// There is no such conversation, or the device is not a member.
    #[error("there is no such conversation")]
    NotMember,
    /// The uploader's role is to read.
    #[error("the uploader may only read")]
    ReadOnly,
    /// Somebody else's blob has this id.
    #[error("the id is somebody else's")]
    Taken,
    /// The uploader asked for something else under this id.
    #[error("the id was used for something else")]
    Differs,
    /// The uploader's blob with this id is past its time.
    #[error("the blob is past its time")]
    Over,
    /// The user has too much on this server.
    #[error("the user's share is used up")]
    ShareUsed,
}

impl BlobRefusal {
    /// The code that a client gets.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::NotMember | Self::Over => ErrorCode::NotFound,
            Self::ReadOnly => ErrorCode::ReadOnly,
            Self::Taken => ErrorCode::Forbidden,
            Self::Differs => ErrorCode::BadRequest,
            Self::ShareUsed => ErrorCode::LimitReached,
        }
    }
}

/// More of a blob's bytes are on the disk.
#[derive(Debug, Clone, Copy)]
pub struct Extension {
    /// Which blob.
    pub blob: BlobId,
    /// Whose.
    pub user: UserId,
    /// So many were there before.
    pub from: u64,
    /// So many are there now.
    pub to: u64,
    /// Now.
    pub now: Timestamp,
}

on_both! {
    /// Makes a place for a blob, or finds the one that was made for the same.
    blob::create_blob(new: NewBlob) -> Result<StoredBlob, BlobRefusal>;
    /// A user's own blob, complete or not.
    blob::own_blob(blob: BlobId, user: UserId, now: Timestamp) -> Option<StoredBlob>;
    /// Notes how far a blob has come. Nothing, if it is gone or was elsewhere.
    blob::extend_blob(extension: Extension) -> Option<StoredBlob>;
    /// A blob of which all bytes are there.
    blob::complete_blob(blob: BlobId, now: Timestamp) -> Option<StoredBlob>;
    /// Gives a user's own blob up: nobody gets it any more. Its file is still there.
    blob::give_up_blob(blob: BlobId, user: UserId) -> Option<StoredBlob>;
    /// Some of the blobs whose files are to go.
    blob::due_blobs(now: Timestamp) -> Vec<StoredBlob>;
    /// Whether a blob lies under this name.
    blob::is_blob_file(file: BlobFile) -> bool;
    /// Forgets blobs whose files are gone.
    blob::forget_blobs(gone: Vec<BlobId>) -> ();
}

/// Blobs that go together.
pub(super) const BATCH: i64 = 100;

/// The role with which a device would send. Parameters are numbered as they first appear, so that both
/// databases understand these statements as they stand.
pub(super) const SELECT_ROLE: &str = "
    select role from member where conversation_id = $1 and device_id = $2";
pub(super) const SELECT_BLOB: &str = "
    select file, size, received, life_ms, expires_at, user_id, conversation_id from blob where blob_id = $1";
pub(super) const SELECT_SHARE: &str = "
    select cast(coalesce(sum(size + $1), 0) as bigint) from blob where user_id = $2";
pub(super) const INSERT_BLOB: &str = "
    insert into blob (blob_id, conversation_id, user_id, file, size, life_ms, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict (blob_id) do nothing";
pub(super) const SELECT_OWN: &str = "
    select blob.file, blob.size, blob.received, blob.life_ms, conversation.retention_ms
    from blob join conversation on conversation.conversation_id = blob.conversation_id
    where blob.blob_id = $1 and blob.user_id = $2 and blob.expires_at > $3";
pub(super) const EXTEND: &str = "
    update blob set received = $1 where blob_id = $2 and received = $3";
pub(super) const COMPLETE: &str = "
    update blob set received = $1, completed_at = $2, expires_at = $3 where blob_id = $4 and received = $5";
pub(super) const SELECT_COMPLETE: &str = "
    select file, size, received from blob
    where blob_id = $1 and completed_at is not null and expires_at > $2
        and conversation_id is not null and user_id is not null";
pub(super) const GIVE_UP: &str = "
    update blob set conversation_id = null
    where blob_id = $1 and user_id = $2 and conversation_id is not null
    returning file, size, received";
pub(super) const SELECT_DUE: &str = "
    select blob_id, file, size, received from blob
    where expires_at <= $1 and conversation_id is not null and user_id is not null
    union all
    select blob_id, file, size, received from blob where conversation_id is null
    union all
    select blob_id, file, size, received from blob where user_id is null and conversation_id is not null
    limit $2";
pub(super) const SELECT_IS_FILE: &str = "select exists (select 1 from blob where file = $1)";
pub(super) const DELETE: &str = "delete from blob where blob_id = $1";
/// A commit changed how long a conversation's messages are kept.
pub(super) const SHORTEN: &str = "
    update blob set expires_at = completed_at + $1
    where conversation_id = $2 and expires_at > completed_at + $1";
/// The clock was set.
pub(super) const STEP_BLOBS: &str = "
    update blob set expires_at = expires_at + $1, completed_at = completed_at + $1";
/// Keeps the retention as it is until the transaction ends.
pub(super) const LOCK_RETENTION_POSTGRES: &str = "
    select 1 from conversation
    where conversation_id = (select conversation_id from blob where blob_id = $1) for share";

/// Every statement that both databases understand, for the test that prepares them.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    SELECT_ROLE,
    SELECT_BLOB,
    SELECT_SHARE,
    INSERT_BLOB,
    SELECT_OWN,
    EXTEND,
    COMPLETE,
    SELECT_COMPLETE,
    GIVE_UP,
    SELECT_DUE,
    SELECT_IS_FILE,
    DELETE,
    SHORTEN,
    STEP_BLOBS,
];
/// Those that must be quick, for the test of their plans.
#[cfg(test)]
pub(super) const OFTEN: &[&str] = &[
    SELECT_ROLE,
    SELECT_BLOB,
    SELECT_SHARE,
    SELECT_OWN,
    SELECT_COMPLETE,
    SELECT_DUE,
    SELECT_IS_FILE,
    SHORTEN,
];
/// What PostgreSQL needs besides.
#[cfg(test)]
pub(super) const POSTGRES_STATEMENTS: &[&str] = &[LOCK_RETENTION_POSTGRES];

/// The columns of a blob that tell its place and how far it has come.
pub(super) struct BlobRow {
    pub(super) file: Vec<u8>,
    pub(super) size: i64,
    pub(super) received: i64,
}

impl BlobRow {
    pub(super) fn read(self, blob: BlobId) -> Result<StoredBlob, StoreError> {
        Ok(StoredBlob {
            blob,
            file: Column("blob", "file").id(&self.file)?,
            size: Column("blob", "size").number(self.size)?,
            received: Column("blob", "received").number(self.received)?,
        })
    }
}

/// What there is already under an id that somebody wants.
pub(super) struct KnownBlob {
    pub(super) row: BlobRow,
    pub(super) life_ms: Option<i64>,
    pub(super) expires_at: i64,
    pub(super) user: Option<Vec<u8>>,
    pub(super) conversation: Option<Vec<u8>>,
}

impl NewBlob {
    pub(super) fn life_ms(&self) -> Option<i64> {
        let milliseconds = |life: Duration| u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
        self.life.map(|life| integer(milliseconds(life)))
    }

    /// When it goes if it is not complete by then.
    pub(super) fn unfinished_until(&self) -> i64 {
        milliseconds(self.now.plus(BLOB_UNFINISHED_LIFE))
    }

    /// Whether somebody with this role may upload.
    pub(super) fn judge_role(role: Option<i64>) -> Result<(), BlobRefusal> {
        match role {
            None => Err(BlobRefusal::NotMember),
            Some(0) => Err(BlobRefusal::ReadOnly),
            Some(_) => Ok(()),
        }
    }

    /// Whether this is what was asked for before.
    pub(super) fn judge_known(
        &self,
        known: KnownBlob,
    ) -> Result<Result<StoredBlob, BlobRefusal>, StoreError> {
        if known.user.as_deref() != Some(self.user.as_bytes()) {
            return Ok(Err(BlobRefusal::Taken));
        }
        if known.conversation.is_none() || known.expires_at <= milliseconds(self.now) {
            return Ok(Err(BlobRefusal::Over));
        }
        let is_same = known.conversation.as_deref() == Some(self.conversation.as_bytes())
            && known.row.size == integer(self.size)
            && known.life_ms == self.life_ms();
        if is_same {
            known.row.read(self.blob).map(Ok)
        } else {
            Ok(Err(BlobRefusal::Differs))
        }
    }

    /// Whether it fits into what the user has beside it.
    pub(super) fn judge_share(&self, used: i64) -> Result<(), BlobRefusal> {
        let wanted = integer(self.size.saturating_add(BLOB_OVERHEAD_BYTES));
        if used.saturating_add(wanted) > integer(self.share_bytes) {
            Err(BlobRefusal::ShareUsed)
        } else {
            Ok(())
        }
    }

    /// As it is when it is new, unless somebody else was faster.
    pub(super) fn inserted(&self, is_new: bool) -> Result<StoredBlob, BlobRefusal> {
        let stored = StoredBlob {
            blob: self.blob,
            file: self.file,
            size: self.size,
            received: 0,
        };
        is_new.then_some(stored).ok_or(BlobRefusal::Taken)
    }
}

/// How long a complete blob stays.
pub(super) struct Terms {
    pub(super) life_ms: Option<i64>,
    pub(super) retention_ms: Option<i64>,
}

impl Terms {
    /// When a blob goes that is complete now.
    pub(super) fn expires_at(&self, now: Timestamp) -> i64 {
        let ceiling = milliseconds(now.plus(RETENTION_CEILING));
        let times = [self.life_ms, self.retention_ms].into_iter().flatten();
        times.fold(ceiling, |soonest, life_ms| {
            soonest.min(milliseconds(now).saturating_add(life_ms))
        })
    }
}
