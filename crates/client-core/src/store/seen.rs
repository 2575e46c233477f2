//! When this device saw people last. It never leaves this device.

use super::column::{Column, integer};
use super::{Store, StoreError};
use undertone_wire::signal::Visibility;
use undertone_wire::{Timestamp, UserId, codec};

const VISIBILITY: &str = "visibility";

impl Store {
    /// When somebody was seen last.
    pub(crate) fn last_seen(&self, user: UserId) -> Result<Option<Timestamp>, StoreError> {
        self.row(
            "SELECT seen_at FROM last_seen WHERE user = ?1",
            [user.as_bytes()],
            |row| {
                Column {
                    row,
                    table: "last_seen",
                }
                .time("seen_at")
            },
        )
    }

    /// Keeps that somebody was seen.
    pub(crate) fn save_last_seen(&self, user: UserId, at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO last_seen (user, seen_at) VALUES (?1, ?2)",
            (user.as_bytes(), integer(at.as_millis())),
        )?;
        Ok(())
    }

    /// Who may see that the user is online; everyone, unless they said otherwise.
    pub(crate) fn visibility(&self) -> Result<Visibility, StoreError> {
        let bad = |_| StoreError::BadRow {
            table: "setting",
            column: VISIBILITY,
        };
        let kept = self.setting(VISIBILITY)?;
        kept.map_or(Ok(Visibility::Everyone), |bytes| {
            codec::from_cbor(&bytes).map_err(bad)
        })
    }

    /// Keeps who may see that the user is online.
    pub(crate) fn save_visibility(&self, visibility: Visibility) -> Result<(), StoreError> {
        let bytes = codec::to_cbor(&visibility).map_err(|_bad| StoreError::BadRow {
            table: "setting",
            column: VISIBILITY,
        })?;
        self.set_setting(VISIBILITY, &bytes)
    }
}
