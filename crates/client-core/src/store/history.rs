//! What shows that a log was dropped, forked or reordered: running hashes of the present epoch, the
//! counters of other devices, and the notices that came of them.

use super::column::{Column, integer};
use super::{Store, StoreError};
use undertone_wire::{ConversationId, Counter, DeviceId, Sequence, Timestamp};

/// So many running hashes are kept: nobody's message is longer on its way than so many entries.
const HASHES_KEPT: u64 = 4096;

/// Something that the user must know about a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// Others have seen another log than this device, or something in it that its author did not send.
    HistoryMismatch,
    /// A message is missing, or could not be read.
    LostMessages,
    /// Someone's identity key is not the one that was pinned.
    KeyChanged,
    /// The server went back to an earlier state.
    RolledBack,
}

impl NoticeKind {
    const ALL: [Self; 4] = [
        Self::KeyChanged,
        Self::HistoryMismatch,
        Self::LostMessages,
        Self::RolledBack,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::HistoryMismatch => "history_mismatch",
            Self::LostMessages => "lost_messages",
            Self::KeyChanged => "key_changed",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// A notice of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub kind: NoticeKind,
    /// After which entry of the log it was noticed first.
    pub sequence: Sequence,
    /// When.
    pub noticed_at: Timestamp,
}

impl Store {
    /// The running hash at an entry of the present epoch, if it is still kept.
    pub fn running_hash(&self, id: ConversationId, at: Sequence) -> Result<Option<[u8; 32]>, StoreError> {
        self.row(
            "SELECT running_hash FROM history WHERE conversation = ?1 AND sequence = ?2",
            (id.as_bytes(), integer(at.0)),
            |row| {
                Column {
                    row,
                    table: "history",
                }
                .array("running_hash")
            },
        )
    }

    /// Where the present epoch began.
    pub fn first_running_hash(&self, id: ConversationId) -> Result<Option<Sequence>, StoreError> {
        self.row(
            "SELECT sequence FROM history WHERE conversation = ?1 ORDER BY sequence LIMIT 1",
            [id.as_bytes()],
            |row| {
                let column = Column {
                    row,
                    table: "history",
                };
                column.number("sequence").map(Sequence)
            },
        )
    }

    /// Keeps the running hash at an entry, and forgets old ones but for the first of the epoch.
    pub fn add_running_hash(
        &self,
        id: ConversationId,
        at: Sequence,
        hash: &[u8; 32],
    ) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO history (conversation, sequence, running_hash) VALUES (?1, ?2, ?3)",
            (id.as_bytes(), integer(at.0), hash),
        )?;
        self.execute(
            "DELETE FROM history WHERE conversation = ?1 AND sequence <= ?2 \
             AND sequence > (SELECT min(sequence) FROM history WHERE conversation = ?1)",
            (id.as_bytes(), integer(at.0).saturating_sub(integer(HASHES_KEPT))),
        )?;
        Ok(())
    }

    /// Forgets all running hashes before an entry: a new epoch begins there.
    pub fn forget_running_hashes(&self, id: ConversationId, before: Sequence) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM history WHERE conversation = ?1 AND sequence < ?2",
            (id.as_bytes(), integer(before.0)),
        )?;
        Ok(())
    }

    /// The last counter that a device used here.
    pub fn peer_counter(&self, id: ConversationId, device: DeviceId) -> Result<Option<Counter>, StoreError> {
        self.row(
            "SELECT counter FROM peer_counter WHERE conversation = ?1 AND device = ?2",
            (id.as_bytes(), device.as_bytes()),
            |row| {
                Column {
                    row,
                    table: "peer_counter",
                }
                .number("counter")
                .map(Counter)
            },
        )
    }

    /// Keeps the last counter that a device used here.
    pub fn save_peer_counter(
        &self,
        id: ConversationId,
        device: DeviceId,
        counter: Counter,
    ) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO peer_counter (conversation, device, counter) VALUES (?1, ?2, ?3)",
            (id.as_bytes(), device.as_bytes(), integer(counter.0)),
        )?;
        Ok(())
    }

    /// A device is gone: should it come again, it counts anew.
    pub fn forget_peer_counter(&self, id: ConversationId, device: DeviceId) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM peer_counter WHERE conversation = ?1 AND device = ?2",
            (id.as_bytes(), device.as_bytes()),
        )?;
        Ok(())
    }

    /// This device comes in anew: what others counted meanwhile is not known.
    pub fn forget_peer_counters(&self, id: ConversationId) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM peer_counter WHERE conversation = ?1",
            [id.as_bytes()],
        )?;
        Ok(())
    }

    /// Keeps a notice; the first of its kind stays.
    pub fn add_notice(&self, id: ConversationId, notice: Notice) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR IGNORE INTO notice (conversation, kind, sequence, noticed_at) VALUES (?1, ?2, ?3, ?4)",
            (
                id.as_bytes(),
                notice.kind.as_str(),
                integer(notice.sequence.0),
                integer(notice.noticed_at.as_millis()),
            ),
        )?;
        Ok(())
    }

    /// The notices of a conversation, the gravest first.
    pub fn notices(&self, id: ConversationId) -> Result<Vec<Notice>, StoreError> {
        let mut notices = self.rows(
            "SELECT kind, sequence, noticed_at FROM notice WHERE conversation = ?1",
            [id.as_bytes()],
            |row| {
                let column = Column { row, table: "notice" };
                let text: String = column.get("kind")?;
                let kind = NoticeKind::ALL.into_iter().find(|kind| kind.as_str() == text);
                Ok(Notice {
                    kind: kind.ok_or_else(|| column.bad("kind"))?,
                    sequence: Sequence(column.number("sequence")?),
                    noticed_at: column.time("noticed_at")?,
                })
            },
        )?;
        notices.sort_by_key(|notice| NoticeKind::ALL.iter().position(|kind| *kind == notice.kind));
        Ok(notices)
    }
}
