//! Files of messages: what is known of each, how far own ones are on their way to the server, and which
//! sealed bytes are to be deleted. The bytes themselves are in `sealed`.

use super::column::{Column, integer};
use super::message::{StoredMessage, read as read_message, select_message};
use super::{Store, StoreError};
use crate::message::key::MessageKey;
use undertone_wire::content::FileReference;
use undertone_wire::{BlobId, ConversationId, MessageId, Timestamp, codec};

/// One file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredFile {
    /// The number of the message's row.
    pub(crate) message: i64,
    /// Which of its files.
    pub(crate) place: u32,
    pub(crate) reference: FileReference,
    pub(crate) state: FileState,
    /// Bytes of the sealed file that the server has.
    pub(crate) sent: u64,
    /// Whether the sealed bytes lie on this device.
    pub(crate) is_here: bool,
}

/// Where a file is on its way to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileState {
    /// It is there, or is not this device's business.
    Complete,
    /// Its bytes are read, sealed and kept on this device.
    Sealing,
    /// They go to the server, as soon as there is a connection.
    Uploading,
    /// The user halted that.
    Paused,
    /// It does not go on by itself; with a stable code.
    Failed(String),
}

impl FileState {
    const fn parts(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Complete => ("complete", None),
            Self::Sealing => ("sealing", None),
            Self::Uploading => ("uploading", None),
            Self::Paused => ("paused", None),
            Self::Failed(code) => ("failed", Some(code.as_str())),
        }
    }
}

/// A sealed file that nobody on this device needs any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GoneBlob {
    pub(crate) blob: BlobId,
    /// Whether the server is to delete it, too.
    pub(crate) on_server: bool,
}

/// A file by its message and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FilePlace {
    pub(crate) message: i64,
    pub(crate) place: u32,
}

impl StoredFile {
    pub(crate) const fn at(&self) -> FilePlace {
        FilePlace {
            message: self.message,
            place: self.place,
        }
    }
}

macro_rules! select_file {
    ($rest:literal) => {
        concat!(
            "SELECT message, place, reference, state, failure_code, sent, \
             here_since IS NOT NULL AS is_here FROM file ",
            $rest
        )
    };
}

impl Store {
    /// Keeps a file of a message.
    pub(crate) fn add_file(&self, file: &StoredFile) -> Result<(), StoreError> {
        let (state, code) = file.state.parts();
        self.execute(
            "INSERT INTO file (message, place, blob, reference, state, failure_code, sent) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                file.message,
                file.place,
                file.reference.blob.as_bytes(),
                written(&file.reference)?,
                state,
                code,
                integer(file.sent),
            ),
        )?;
        Ok(())
    }

    /// The files of a message, in their order.
    pub(crate) fn files(&self, message: i64) -> Result<Vec<StoredFile>, StoreError> {
        self.rows(
            select_file!("WHERE message = ?1 ORDER BY place"),
            [message],
            read_file,
        )
    }

    /// One file.
    pub(crate) fn file(&self, at: FilePlace) -> Result<Option<StoredFile>, StoreError> {
        self.row(
            select_file!("WHERE message = ?1 AND place = ?2"),
            (at.message, at.place),
            read_file,
        )
    }

    /// The file that is to be uploaded next: the oldest message's first.
    pub(crate) fn next_upload(&self) -> Result<Option<StoredFile>, StoreError> {
        self.row(
            select_file!("WHERE state = 'uploading' ORDER BY message, place LIMIT 1"),
            [],
            read_file,
        )
    }

    /// The newest files of a conversation that may be shown, each with the key of its message: of none that
    /// was deleted, has ended, or came from somebody who is blocked.
    pub(crate) fn files_of(
        &self,
        conversation: ConversationId,
        (now, limit): (Timestamp, u32),
    ) -> Result<Vec<(MessageKey, StoredFile)>, StoreError> {
        self.rows(
            "SELECT f.message, f.place, f.reference, f.state, f.failure_code, f.sent, \
             f.here_since IS NOT NULL AS is_here, m.key AS message_key \
             FROM message m JOIN file f ON f.message = m.id \
             WHERE m.conversation = ?1 AND m.deleted = 0 AND (m.expires_at IS NULL OR m.expires_at > ?2) \
             AND m.id NOT IN (SELECT message FROM deletion) \
             AND (m.own = 1 OR m.sender NOT IN (SELECT user FROM blocked)) \
             ORDER BY m.position DESC, m.id DESC, f.place DESC LIMIT ?3",
            (conversation.as_bytes(), integer(now.as_millis()), limit),
            |row| {
                let key = Column {
                    row,
                    table: "message",
                }
                .array("message_key")?;
                Ok((MessageKey::from_bytes(key), read_file(row)?))
            },
        )
    }

    /// Whether something is on its way to the server, or about to be.
    pub(crate) fn uploads_wait(&self) -> Result<bool, StoreError> {
        let waits = self.row(
            "SELECT EXISTS (SELECT 1 FROM file WHERE state IN ('sealing', 'uploading')) \
             OR EXISTS (SELECT 1 FROM blob_gone WHERE on_server = 1) AS waits",
            [],
            |row| Ok(row.get::<_, bool>(0)?),
        )?;
        Ok(waits.unwrap_or(false))
    }

    /// Files that were being read when the client ended.
    pub(crate) fn interrupted_files(&self) -> Result<Vec<StoredFile>, StoreError> {
        self.rows(select_file!("WHERE state = 'sealing'"), [], read_file)
    }

    /// Keeps where a file is on its way.
    pub(crate) fn set_file_state(&self, at: FilePlace, state: &FileState) -> Result<(), StoreError> {
        let (state, code) = state.parts();
        self.execute(
            "UPDATE file SET state = ?3, failure_code = ?4 WHERE message = ?1 AND place = ?2",
            (at.message, at.place, state, code),
        )?;
        Ok(())
    }

    /// Keeps how far a file is on its way.
    pub(crate) fn set_file_sent(&self, at: FilePlace, sent: u64) -> Result<(), StoreError> {
        self.execute(
            "UPDATE file SET sent = ?3 WHERE message = ?1 AND place = ?2",
            (at.message, at.place, integer(sent)),
        )?;
        Ok(())
    }

    /// Keeps what a file is, once it is read.
    pub(crate) fn set_file_reference(
        &self,
        at: FilePlace,
        reference: &FileReference,
    ) -> Result<(), StoreError> {
        self.execute(
            "UPDATE file SET reference = ?3 WHERE message = ?1 AND place = ?2",
            (at.message, at.place, written(reference)?),
        )?;
        Ok(())
    }

    /// Keeps whether a file's sealed bytes lie on this device, and since when.
    pub(crate) fn set_file_here(&self, blob: BlobId, since: Option<Timestamp>) -> Result<(), StoreError> {
        self.execute(
            "UPDATE file SET here_since = ?2 WHERE blob = ?1",
            (blob.as_bytes(), since.map(|since| integer(since.as_millis()))),
        )?;
        Ok(())
    }

    /// Takes a file out of its message.
    pub(crate) fn delete_file(&self, at: FilePlace) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM file WHERE message = ?1 AND place = ?2",
            (at.message, at.place),
        )?;
        Ok(())
    }

    /// Takes all files out of a message; with `on_server`, the server is to delete them as well.
    pub(crate) fn delete_files(&self, message: i64, on_server: bool) -> Result<(), StoreError> {
        if on_server {
            self.execute(
                "INSERT OR REPLACE INTO blob_gone (blob, on_server) SELECT blob, 1 FROM file WHERE message = ?1",
                [message],
            )?;
        }
        self.execute("DELETE FROM file WHERE message = ?1", [message])?;
        Ok(())
    }

    /// The files of own messages that have ended for everyone are to be deleted on the server, too. Where the
    /// timer began with reading, others may not have read yet: those wait (`unread_file`).
    pub(super) fn withdraw_ended_files(&self, now: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO blob_gone (blob, on_server) SELECT f.blob, 1 FROM file f \
             JOIN message m ON m.id = f.message WHERE m.expires_at <= ?1 AND m.own = 1 AND m.timer_from = 'sent'",
            [integer(now.as_millis())],
        )?;
        Ok(())
    }

    /// The message with its new content, once all its files are known.
    pub(crate) fn set_message_content(
        &self,
        row: i64,
        message: MessageId,
        content: &[u8],
    ) -> Result<(), StoreError> {
        self.execute(
            "UPDATE message SET message = ?2, content = ?3 WHERE id = ?1",
            (row, message.as_bytes(), content),
        )?;
        Ok(())
    }

    /// A message by the number of its row.
    pub(crate) fn message_of_row(&self, row: i64) -> Result<Option<StoredMessage>, StoreError> {
        self.row(select_message!("message m WHERE m.id = ?1"), [row], read_message)
    }

    /// What is to be deleted.
    pub(crate) fn gone_blobs(&self) -> Result<Vec<GoneBlob>, StoreError> {
        self.rows("SELECT blob, on_server FROM blob_gone", [], |row| {
            let column = Column {
                row,
                table: "blob_gone",
            };
            Ok(GoneBlob {
                blob: column.array("blob").map(BlobId::from_bytes)?,
                on_server: column.get("on_server")?,
            })
        })
    }

    /// It is deleted.
    pub(crate) fn forget_gone_blob(&self, blob: BlobId) -> Result<(), StoreError> {
        self.execute("DELETE FROM blob_gone WHERE blob = ?1", [blob.as_bytes()])?;
        Ok(())
    }

    /// Whether some message still names a blob.
    pub(crate) fn knows_blob(&self, blob: BlobId) -> Result<bool, StoreError> {
        let known = self.row(
            "SELECT EXISTS (SELECT 1 FROM file WHERE blob = ?1) AS known",
            [blob.as_bytes()],
            |row| Ok(row.get::<_, bool>(0)?),
        )?;
        Ok(known.unwrap_or(false))
    }

    /// Complete files whose sealed bytes lie on this device, the newest first.
    pub(crate) fn files_here(&self) -> Result<Vec<StoredFile>, StoreError> {
        self.rows(
            select_file!("WHERE here_since IS NOT NULL AND state = 'complete' ORDER BY here_since DESC"),
            [],
            read_file,
        )
    }
}

fn written(reference: &FileReference) -> Result<Vec<u8>, StoreError> {
    codec::to_cbor(reference).map_err(|_unwritable| StoreError::BadRow {
        table: "file",
        column: "reference",
    })
}

fn read_file(row: &rusqlite::Row<'_>) -> Result<StoredFile, StoreError> {
    let column = Column { row, table: "file" };
    let reference: Vec<u8> = column.get("reference")?;
    let place = column.number("place")?;
    let code: Option<String> = column.get("failure_code")?;
    Ok(StoredFile {
        message: column.get("message")?,
        place: u32::try_from(place).map_err(|_| column.bad("place"))?,
        reference: codec::from_cbor(&reference).map_err(|_| column.bad("reference"))?,
        state: match column.get::<String>("state")?.as_str() {
            "complete" => FileState::Complete,
            "sealing" => FileState::Sealing,
            "uploading" => FileState::Uploading,
            "paused" => FileState::Paused,
            "failed" => FileState::Failed(code.ok_or_else(|| column.bad("failure_code"))?),
            _ => return Err(column.bad("state")),
        },
        sent: column.number("sent")?,
        is_here: column.get("is_here")?,
    })
}
