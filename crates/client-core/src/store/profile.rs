//! What people tell of themselves, the user too, and who is still to be told. What is valid is decided
//! in `people::profile`.

use super::column::{Column, integer};
use super::{Store, StoreError};
use rusqlite::{OptionalExtension, Row};
use undertone_wire::content::Profile;
use undertone_wire::{Bytes, ConversationId, Timestamp, UserId};

/// What somebody told of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToldProfile {
    pub(crate) profile: Profile,
    /// By the server's clock.
    pub(crate) told_at: Timestamp,
}

/// What is needed to show somebody in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) user: UserId,
    pub(crate) display_name: String,
    pub(crate) colour: Option<u8>,
    pub(crate) has_picture: bool,
}

impl Store {
    /// What somebody told of themselves.
    pub(crate) fn profile(&self, user: UserId) -> Result<Option<ToldProfile>, StoreError> {
        self.row(
            "SELECT display_name, status, pronouns, picture, colour, told_at FROM profile WHERE user = ?1",
            [user.as_bytes()],
            read,
        )
    }

    /// How everybody is shown who told something of themselves.
    pub(crate) fn shown_profiles(&self) -> Result<Vec<Shown>, StoreError> {
        self.rows(
            "SELECT user, display_name, colour, picture IS NOT NULL AS has_picture FROM profile",
            [],
            |row| {
                let column = Column {
                    row,
                    table: "profile",
                };
                Ok(Shown {
                    user: column.user("user")?,
                    display_name: column.get("display_name")?,
                    colour: column.get("colour")?,
                    has_picture: column.get("has_picture")?,
                })
            },
        )
    }

    /// Keeps what somebody told of themselves, unless something later is kept; gives whether it is news.
    pub(crate) fn save_profile(&self, user: UserId, told: &ToldProfile) -> Result<bool, StoreError> {
        let profile = &told.profile;
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO profile (user, display_name, status, pronouns, picture, colour, told_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (user) DO UPDATE SET \
             display_name = excluded.display_name, status = excluded.status, pronouns = excluded.pronouns, \
             picture = excluded.picture, colour = excluded.colour, told_at = excluded.told_at \
             WHERE excluded.told_at >= profile.told_at RETURNING user",
        )?;
        let before = self.profile(user)?.map(|before| before.profile);
        let saved = statement
            .query_row(
                (
                    user.as_bytes(),
                    &profile.display_name,
                    &profile.status,
                    &profile.pronouns,
                    profile.picture.as_ref().map(Bytes::as_slice),
                    profile.colour,
                    integer(told.told_at.as_millis()),
                ),
                |_row| Ok(()),
            )
            .optional()?;
        self.people_changed();
        Ok(saved.is_some() && before.as_ref() != Some(profile))
    }

    /// Keeps that a conversation is to be told the user's profile.
    pub(crate) fn add_profile_due(&self, id: ConversationId) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR IGNORE INTO profile_due (conversation) VALUES (?1)",
            [id.as_bytes()],
        )?;
        Ok(())
    }

    /// Keeps that a conversation was told.
    pub(crate) fn delete_profile_due(&self, id: ConversationId) -> Result<(), StoreError> {
        self.execute("DELETE FROM profile_due WHERE conversation = ?1", [id.as_bytes()])?;
        Ok(())
    }

    /// The conversations that are still to be told.
    pub(crate) fn profiles_due(&self) -> Result<Vec<ConversationId>, StoreError> {
        self.rows(
            "SELECT conversation FROM profile_due ORDER BY conversation",
            [],
            |row| {
                Column {
                    row,
                    table: "profile_due",
                }
                .conversation("conversation")
            },
        )
    }
}

fn read(row: &Row<'_>) -> Result<ToldProfile, StoreError> {
    let column = Column {
        row,
        table: "profile",
    };
    Ok(ToldProfile {
        profile: Profile {
            display_name: column.get("display_name")?,
            status: column.get("status")?,
            pronouns: column.get("pronouns")?,
            picture: column.get::<Option<Vec<u8>>>("picture")?.map(Bytes),
            colour: column.get("colour")?,
        },
        told_at: column.time("told_at")?,
    })
}
