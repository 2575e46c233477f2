//! Blobs in PostgreSQL. The statements are shared with SQLite.

use super::account_device::lock_account;
use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::blob::{
    self, BATCH, BLOB_OVERHEAD_BYTES, BlobFile, BlobRefusal, BlobRow, Extension, KnownBlob, NewBlob,
    StoredBlob, Terms,
};
use crate::store::column::{Column, integer, milliseconds};
use tokio_postgres::Row;
use undertone_wire::{BlobId, Timestamp, UserId};

impl PostgresStore {
    pub(in crate::store) async fn create_blob(
        &self,
        new: NewBlob,
    ) -> Result<Result<StoredBlob, BlobRefusal>, StoreError> {
        in_transaction!(self, transaction => create(&transaction, &new))
    }

    pub(in crate::store) async fn own_blob(
        &self,
        blob: BlobId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Option<StoredBlob>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(blob::SELECT_OWN).await?;
        let (id, user) = (blob.as_bytes().as_slice(), user.as_bytes().as_slice());
        let row = client
            .query_opt(&statement, &[&id, &user, &milliseconds(now)])
            .await?;
        row.map(|row| row_at(&row, 0)?.read(blob)).transpose()
    }

    pub(in crate::store) async fn extend_blob(
        &self,
        extension: Extension,
    ) -> Result<Option<StoredBlob>, StoreError> {
        in_transaction!(self, transaction => extend(&transaction, &extension))
    }

    pub(in crate::store) async fn complete_blob(
        &self,
        blob: BlobId,
        now: Timestamp,
    ) -> Result<Option<StoredBlob>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(blob::SELECT_COMPLETE).await?;
        let id = blob.as_bytes().as_slice();
        let row = client.query_opt(&statement, &[&id, &milliseconds(now)]).await?;
        row.map(|row| row_at(&row, 0)?.read(blob)).transpose()
    }

    pub(in crate::store) async fn give_up_blob(
        &self,
        blob: BlobId,
        user: UserId,
    ) -> Result<Option<StoredBlob>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(blob::GIVE_UP).await?;
        let (id, user) = (blob.as_bytes().as_slice(), user.as_bytes().as_slice());
        let row = client.query_opt(&statement, &[&id, &user]).await?;
        row.map(|row| row_at(&row, 0)?.read(blob)).transpose()
    }

    pub(in crate::store) async fn due_blobs(&self, now: Timestamp) -> Result<Vec<StoredBlob>, StoreError> {
        let client = self.connection().await?;
        let rows = client
            .query(blob::SELECT_DUE, &[&milliseconds(now), &BATCH])
            .await?;
        rows.iter()
            .map(|row| {
                let id = Column("blob", "blob_id").id(row.try_get(0)?)?;
                row_at(row, 1)?.read(id)
            })
            .collect()
    }

    pub(in crate::store) async fn is_blob_file(&self, file: BlobFile) -> Result<bool, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(blob::SELECT_IS_FILE).await?;
        let row = client
            .query_one(&statement, &[&file.as_bytes().as_slice()])
            .await?;
        Ok(row.try_get(0)?)
    }

    pub(in crate::store) async fn forget_blobs(&self, gone: Vec<BlobId>) -> Result<(), StoreError> {
        in_transaction!(self, transaction => forget(&transaction, &gone))
    }
}

async fn forget(transaction: &Transaction<'_>, gone: &[BlobId]) -> Result<(), StoreError> {
    let delete = transaction.prepare_cached(blob::DELETE).await?;
    for blob in gone {
        transaction
            .execute(&delete, &[&blob.as_bytes().as_slice()])
            .await?;
    }
    Ok(())
}

async fn create(
    transaction: &Transaction<'_>,
    new: &NewBlob,
) -> Result<Result<StoredBlob, BlobRefusal>, StoreError> {
    // A user's blobs are counted one by one.
    lock_account(transaction, new.user).await?;
    let (conversation, device) = (
        new.conversation.as_bytes().as_slice(),
        new.device.as_bytes().as_slice(),
    );
    let role = transaction
        .query_opt(blob::SELECT_ROLE, &[&conversation, &device])
        .await?;
    let role = role.map(|row| row.try_get(0)).transpose()?;
    if let Err(refusal) = NewBlob::judge_role(role) {
        return Ok(Err(refusal));
    }
    if let Some(known) = select_known(transaction, new.blob).await? {
        return new.judge_known(known);
    }
    let user = new.user.as_bytes().as_slice();
    let sum = transaction
        .query_one(blob::SELECT_SHARE, &[&integer(BLOB_OVERHEAD_BYTES), &user])
        .await?;
    if let Err(refusal) = new.judge_share(sum.try_get(0)?) {
        return Ok(Err(refusal));
    }
    let inserted = transaction
        .execute(
            blob::INSERT_BLOB,
            &[
                &new.blob.as_bytes().as_slice(),
                &conversation,
                &user,
                &new.file.as_bytes().as_slice(),
                &integer(new.size),
                &new.life_ms(),
                &new.unfinished_until(),
            ],
        )
        .await?;
    Ok(new.inserted(inserted == 1))
}

async fn extend(
    transaction: &Transaction<'_>,
    extension: &Extension,
) -> Result<Option<StoredBlob>, StoreError> {
    let Extension {
        blob: id,
        user,
        from,
        to,
        now,
    } = *extension;
    let key = id.as_bytes().as_slice();
    transaction
        .query_opt(blob::LOCK_RETENTION_POSTGRES, &[&key])
        .await?;
    let own = transaction
        .query_opt(
            blob::SELECT_OWN,
            &[&key, &user.as_bytes().as_slice(), &milliseconds(now)],
        )
        .await?;
    let Some(row) = own else { return Ok(None) };
    let stored = row_at(&row, 0)?.read(id)?;
    let changed = if to == stored.size {
        let terms = Terms {
            life_ms: row.try_get(3)?,
            retention_ms: row.try_get(4)?,
        };
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [
            &integer(to),
            &milliseconds(now),
            &terms.expires_at(now),
            &key,
            &integer(from),
        ];
        transaction.execute(blob::COMPLETE, &parameters).await?
    } else {
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&integer(to), &key, &integer(from)];
        transaction.execute(blob::EXTEND, &parameters).await?
    };
    Ok((changed == 1).then_some(StoredBlob {
        received: to,
        ..stored
    }))
}

async fn select_known(transaction: &Transaction<'_>, id: BlobId) -> Result<Option<KnownBlob>, StoreError> {
    let row = transaction
        .query_opt(blob::SELECT_BLOB, &[&id.as_bytes().as_slice()])
        .await?;
    row.map(|row| {
        Ok(KnownBlob {
            row: row_at(&row, 0)?,
            life_ms: row.try_get(3)?,
            expires_at: row.try_get(4)?,
            user: row.try_get(5)?,
            conversation: row.try_get(6)?,
        })
    })
    .transpose()
}

/// Reads file, size and what is there, from this column on.
fn row_at(row: &Row, first: usize) -> Result<BlobRow, StoreError> {
    Ok(BlobRow {
        file: row.try_get(first)?,
        size: row.try_get(first + 1)?,
        received: row.try_get(first + 2)?,
    })
}
