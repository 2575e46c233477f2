//! Own commits, and own wishes to be let go, that wait for their echo: one in each conversation.

use super::column::{Column, integer};
use super::{Store, StoreError};
use undertone_wire::{ConversationId, Counter, Epoch};

/// An own commit, or an own wish to be let go, under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCommit {
    /// The epoch that it ends.
    pub epoch: Epoch,
    /// This device's counter.
    pub counter: Counter,
    /// SHA-256 of the MLS message, by which its echo is known.
    pub payload_hash: [u8; 32],
    /// What is sent, again and again until its echo comes.
    pub content: OwnContent,
}

/// What an own commit or wish consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnContent {
    /// CBOR of a commit's bundle, and of the new link with a commit that replaces a room's.
    Commit {
        /// The commit and what is stored with it.
        bundle: Vec<u8>,
        /// The new link.
        link: Option<Vec<u8>>,
    },
    /// An MLS proposal: this device wants to be let go.
    Proposal(Vec<u8>),
}

impl Store {
    /// The own commit under way in a conversation.
    pub fn own_commit(&self, id: ConversationId) -> Result<Option<OwnCommit>, StoreError> {
        self.row(
            "SELECT epoch, counter, payload_hash, bundle, kind, link FROM own_commit WHERE conversation = ?1",
            [id.as_bytes()],
            |row| {
                let column = Column {
                    row,
                    table: "own_commit",
                };
                let kind: String = column.get("kind")?;
                let bytes = column.get("bundle")?;
                Ok(OwnCommit {
                    epoch: Epoch(column.number("epoch")?),
                    counter: Counter(column.number("counter")?),
                    payload_hash: column.array("payload_hash")?,
                    content: match kind.as_str() {
                        "commit" => OwnContent::Commit {
                            bundle: bytes,
                            link: column.get("link")?,
                        },
                        "proposal" => OwnContent::Proposal(bytes),
                        _ => return Err(column.bad("kind")),
                    },
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
        let (kind, bytes, link) = match &commit.content {
            OwnContent::Commit { bundle, link } => ("commit", bundle, link.as_ref()),
            OwnContent::Proposal(proposal) => ("proposal", proposal, None),
        };
        self.execute(
            "INSERT OR REPLACE INTO own_commit (conversation, epoch, counter, payload_hash, bundle, kind, link) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                id.as_bytes(),
                integer(commit.epoch.0),
                integer(commit.counter.0),
                commit.payload_hash,
                bytes,
                kind,
                link,
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
