//! Blobs in SQLite. The statements are shared with PostgreSQL.

use super::SqliteStore;
use crate::store::StoreError;
use crate::store::blob::{
    self, BATCH, BLOB_OVERHEAD_BYTES, BlobFile, BlobRefusal, BlobRow, Extension, KnownBlob, NewBlob,
    StoredBlob, Terms,
};
use crate::store::column::{Column, integer, milliseconds};
use rusqlite::{Connection, OptionalExtension, Row, params};
use undertone_wire::{BlobId, Timestamp, UserId};

impl SqliteStore {
    pub(in crate::store) async fn create_blob(
        &self,
        new: NewBlob,
    ) -> Result<Result<StoredBlob, BlobRefusal>, StoreError> {
        self.write(move |connection| create(connection, &new)).await
    }

    pub(in crate::store) async fn own_blob(
        &self,
        blob: BlobId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Option<StoredBlob>, StoreError> {
        self.read(move |connection| {
            let own = select_own(connection, blob, user, now)?;
            Ok(own.map(|(stored, _)| stored))
        })
        .await
    }

    pub(in crate::store) async fn extend_blob(
        &self,
        extension: Extension,
    ) -> Result<Option<StoredBlob>, StoreError> {
        self.write(move |connection| extend(connection, &extension)).await
    }

    pub(in crate::store) async fn complete_blob(
        &self,
        blob: BlobId,
        now: Timestamp,
    ) -> Result<Option<StoredBlob>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(blob::SELECT_COMPLETE)?
                .query_row(params![blob.as_bytes(), milliseconds(now)], row_at(0))
                .optional()?;
            found.map(|row| row.read(blob)).transpose()
        })
        .await
    }

    pub(in crate::store) async fn give_up_blob(
        &self,
        blob: BlobId,
        user: UserId,
    ) -> Result<Option<StoredBlob>, StoreError> {
        self.write(move |connection| {
            let found = connection
                .prepare_cached(blob::GIVE_UP)?
                .query_row(params![blob.as_bytes(), user.as_bytes()], row_at(0))
                .optional()?;
            found.map(|row| row.read(blob)).transpose()
        })
        .await
    }

    pub(in crate::store) async fn due_blobs(&self, now: Timestamp) -> Result<Vec<StoredBlob>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(blob::SELECT_DUE)?;
            let rows = statement.query_map(params![milliseconds(now), BATCH], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row_at(1)(row)?))
            })?;
            rows.map(|found| {
                let (id, row) = found?;
                row.read(Column("blob", "blob_id").id(&id)?)
            })
            .collect()
        })
        .await
    }

    pub(in crate::store) async fn is_blob_file(&self, file: BlobFile) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(blob::SELECT_IS_FILE)?;
            Ok(statement.query_row(params![file.as_bytes()], |row| row.get(0))?)
        })
        .await
    }

    pub(in crate::store) async fn forget_blobs(&self, gone: Vec<BlobId>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let mut delete = connection.prepare_cached(blob::DELETE)?;
            for blob in gone {
                delete.execute(params![blob.as_bytes()])?;
            }
            Ok(())
        })
        .await
    }
}

fn create(connection: &Connection, new: &NewBlob) -> Result<Result<StoredBlob, BlobRefusal>, StoreError> {
    let role = connection
        .prepare_cached(blob::SELECT_ROLE)?
        .query_row(
            params![new.conversation.as_bytes(), new.device.as_bytes()],
            |row| row.get(0),
        )
        .optional()?;
    if let Err(refusal) = NewBlob::judge_role(role) {
        return Ok(Err(refusal));
    }
    if let Some(known) = select_known(connection, new.blob)? {
        return new.judge_known(known);
    }
    let used = connection.prepare_cached(blob::SELECT_SHARE)?.query_row(
        params![integer(BLOB_OVERHEAD_BYTES), new.user.as_bytes()],
        |row| row.get(0),
    )?;
    if let Err(refusal) = new.judge_share(used) {
        return Ok(Err(refusal));
    }
    let inserted = connection.prepare_cached(blob::INSERT_BLOB)?.execute(params![
        new.blob.as_bytes(),
        new.conversation.as_bytes(),
        new.user.as_bytes(),
        new.file.as_bytes(),
        integer(new.size),
        new.life_ms(),
        new.unfinished_until(),
    ])?;
    Ok(new.inserted(inserted == 1))
}

fn extend(connection: &Connection, extension: &Extension) -> Result<Option<StoredBlob>, StoreError> {
    let Extension {
        blob: id,
        user,
        from,
        to,
        now,
    } = *extension;
    let Some((stored, terms)) = select_own(connection, id, user, now)? else {
        return Ok(None);
    };
    let changed = if to == stored.size {
        connection.prepare_cached(blob::COMPLETE)?.execute(params![
            integer(to),
            milliseconds(now),
            terms.expires_at(now),
            id.as_bytes(),
            integer(from)
        ])?
    } else {
        connection.prepare_cached(blob::EXTEND)?.execute(params![
            integer(to),
            id.as_bytes(),
            integer(from)
        ])?
    };
    Ok((changed == 1).then_some(StoredBlob {
        received: to,
        ..stored
    }))
}

fn select_own(
    connection: &Connection,
    id: BlobId,
    user: UserId,
    now: Timestamp,
) -> Result<Option<(StoredBlob, Terms)>, StoreError> {
    let found = connection
        .prepare_cached(blob::SELECT_OWN)?
        .query_row(
            params![id.as_bytes(), user.as_bytes(), milliseconds(now)],
            |row| {
                let terms = Terms {
                    life_ms: row.get(3)?,
                    retention_ms: row.get(4)?,
                };
                Ok((row_at(0)(row)?, terms))
            },
        )
        .optional()?;
    found.map(|(row, terms)| Ok((row.read(id)?, terms))).transpose()
}

fn select_known(connection: &Connection, id: BlobId) -> Result<Option<KnownBlob>, StoreError> {
    let mut statement = connection.prepare_cached(blob::SELECT_BLOB)?;
    let found = statement.query_row(params![id.as_bytes()], |row| {
        Ok(KnownBlob {
            row: row_at(0)(row)?,
            life_ms: row.get(3)?,
            expires_at: row.get(4)?,
            user: row.get(5)?,
            conversation: row.get(6)?,
        })
    });
    Ok(found.optional()?)
}

/// Reads file, size and what is there, from this column on.
fn row_at(first: usize) -> impl Fn(&Row<'_>) -> Result<BlobRow, rusqlite::Error> {
    move |row| {
        Ok(BlobRow {
            file: row.get(first)?,
            size: row.get(first + 1)?,
            received: row.get(first + 2)?,
        })
    }
}
