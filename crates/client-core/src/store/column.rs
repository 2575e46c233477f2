//! Reading and writing single columns as the types of `wire`. A value that does not fit is an error
//! that names its place.

use super::StoreError;
use rusqlite::Row;
use rusqlite::types::FromSql;
use undertone_wire::guest::UserKind;
use undertone_wire::{ConversationId, DeviceId, MessageId, Timestamp, UserId};

/// A column of a row that is being read.
#[derive(Clone, Copy)]
pub(super) struct Column<'a, 'b> {
    pub(super) row: &'a Row<'b>,
    pub(super) table: &'static str,
}

impl Column<'_, '_> {
    pub(super) fn bad(self, column: &'static str) -> StoreError {
        StoreError::BadRow {
            table: self.table,
            column,
        }
    }

    pub(super) fn get<T: FromSql>(self, column: &'static str) -> Result<T, StoreError> {
        Ok(self.row.get(column)?)
    }

    pub(super) fn number(self, column: &'static str) -> Result<u64, StoreError> {
        u64::try_from(self.get::<i64>(column)?).map_err(|_| self.bad(column))
    }

    pub(super) fn optional_number(self, column: &'static str) -> Result<Option<u64>, StoreError> {
        let value: Option<i64> = self.get(column)?;
        value.map(u64::try_from).transpose().map_err(|_| self.bad(column))
    }

    pub(super) fn time(self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.number(column).map(Timestamp::from_millis)
    }

    pub(super) fn array<const N: usize>(self, column: &'static str) -> Result<[u8; N], StoreError> {
        self.get::<Vec<u8>>(column)?
            .try_into()
            .map_err(|_| self.bad(column))
    }

    pub(super) fn optional_array<const N: usize>(
        self,
        column: &'static str,
    ) -> Result<Option<[u8; N]>, StoreError> {
        let bytes: Option<Vec<u8>> = self.get(column)?;
        let array = bytes.map(<[u8; N]>::try_from).transpose();
        array.map_err(|_| self.bad(column))
    }

    pub(super) fn user_kind(self, column: &'static str) -> Result<UserKind, StoreError> {
        match self.get::<String>(column)?.as_str() {
            "account" => Ok(UserKind::Account),
            "guest" => Ok(UserKind::Guest),
            _ => Err(self.bad(column)),
        }
    }

    pub(super) fn parsed<T: std::str::FromStr>(self, column: &'static str) -> Result<T, StoreError> {
        self.get::<String>(column)?.parse().map_err(|_| self.bad(column))
    }

    pub(super) fn user(self, column: &'static str) -> Result<UserId, StoreError> {
        self.array(column).map(UserId::from_bytes)
    }

    pub(super) fn optional_user(self, column: &'static str) -> Result<Option<UserId>, StoreError> {
        let bytes: Option<Vec<u8>> = self.get(column)?;
        let user = bytes.map(|bytes| UserId::try_from(bytes.as_slice())).transpose();
        user.map_err(|_| self.bad(column))
    }

    pub(super) fn device(self, column: &'static str) -> Result<DeviceId, StoreError> {
        self.array(column).map(DeviceId::from_bytes)
    }

    pub(super) fn conversation(self, column: &'static str) -> Result<ConversationId, StoreError> {
        self.array(column).map(ConversationId::from_bytes)
    }

    pub(super) fn message(self, column: &'static str) -> Result<MessageId, StoreError> {
        self.array(column).map(MessageId::from_bytes)
    }
}

/// SQLite's integers are signed; what lies beyond their range stays at its end.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
