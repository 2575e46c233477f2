//! People we know, with the identity keys that were pinned at first contact. Whether a key may be
//! pinned is decided in `conversation::pin`.

use super::column::{Column, integer};
use super::{Store, StoreError};
use rusqlite::Row;
use undertone_wire::guest::UserKind;
use undertone_wire::{Timestamp, UserId, UserName};

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub user: UserId,
    /// Their name by their newest certificate.
    pub name: UserName,
    /// Account or guest, by their newest certificate.
    pub kind: UserKind,
    /// The identity key that was pinned.
    pub identity_key: [u8; 32],
    /// When it was pinned.
    pub pinned_at: Timestamp,
    /// Whether a certificate by another identity key was shown to us, and refused.
    pub key_changed: bool,
}

impl Store {
    /// Whom we know by this id.
    pub fn contact(&self, user: UserId) -> Result<Option<Contact>, StoreError> {
        self.row(
            "SELECT user, name, kind, identity_key, pinned_at, key_changed FROM contact WHERE user = ?1",
            [user.as_bytes()],
            read,
        )
    }

    /// Everyone we know.
    pub fn contacts(&self) -> Result<Vec<Contact>, StoreError> {
        self.rows(
            "SELECT user, name, kind, identity_key, pinned_at, key_changed FROM contact ORDER BY name",
            [],
            read,
        )
    }

    /// Keeps a person whom we did not know.
    pub fn add_contact(&self, contact: &Contact) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO contact (user, name, kind, identity_key, pinned_at, key_changed) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                contact.user.as_bytes(),
                contact.name.as_str(),
                kind_text(contact.kind),
                contact.identity_key,
                integer(contact.pinned_at.as_millis()),
                contact.key_changed,
            ),
        )?;
        self.people_changed();
        Ok(())
    }

    /// Keeps name and kind by a newer certificate.
    pub fn rename_contact(&self, user: UserId, name: &UserName, kind: UserKind) -> Result<(), StoreError> {
        self.execute(
            "UPDATE contact SET name = ?2, kind = ?3 WHERE user = ?1",
            (user.as_bytes(), name.as_str(), kind_text(kind)),
        )?;
        self.people_changed();
        Ok(())
    }

    /// Remembers that another identity key was shown for this person, and refused.
    pub fn mark_key_changed(&self, user: UserId) -> Result<(), StoreError> {
        self.execute(
            "UPDATE contact SET key_changed = 1 WHERE user = ?1",
            [user.as_bytes()],
        )?;
        Ok(())
    }
}

pub(super) const fn kind_text(kind: UserKind) -> &'static str {
    match kind {
        UserKind::Account => "account",
        UserKind::Guest => "guest",
    }
}

fn read(row: &Row<'_>) -> Result<Contact, StoreError> {
    let column = Column {
        row,
        table: "contact",
    };
    let kind: String = column.get("kind")?;
    Ok(Contact {
        user: column.user("user")?,
        name: column.parsed("name")?,
        kind: match kind.as_str() {
            "account" => UserKind::Account,
            "guest" => UserKind::Guest,
            _ => return Err(column.bad("kind")),
        },
        identity_key: column.array("identity_key")?,
        pinned_at: column.time("pinned_at")?,
        key_changed: column.get("key_changed")?,
    })
}
