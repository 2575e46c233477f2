//! Guests in PostgreSQL: coming, becoming an account, ending.

use tokio_postgres::types::ToSql;
use undertone_wire::{DeviceId, Timestamp, UserId};

use super::account::{AccountRow, admit, execute, is_name_taken, select_account};
use super::account_device::{insert_device, insert_session, lock_account, revoke_sessions, select_device};
use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::account::{CreateAccountError, SessionOwner, day, fold_name, sql};
use crate::store::column::{Column, milliseconds};
use crate::store::guest::{BecomeAccount, BecomeAccountError, CreateGuestError, NewGuest};

impl PostgresStore {
    pub(in crate::store) async fn create_guest(
        &self,
        guest: NewGuest,
    ) -> Result<SessionOwner, CreateGuestError> {
        in_transaction!(self, transaction => create_guest(&transaction, &guest))
    }

    pub(in crate::store) async fn become_account(
        &self,
        change: BecomeAccount,
    ) -> Result<SessionOwner, BecomeAccountError> {
        in_transaction!(self, transaction => become_account(&transaction, &change))
    }

    pub(in crate::store) async fn end_guests(&self, now: Timestamp) -> Result<Vec<DeviceId>, StoreError> {
        in_transaction!(self, transaction => end_guests(&transaction, now))
    }
}

async fn create_guest(
    transaction: &Transaction<'_>,
    guest: &NewGuest,
) -> Result<SessionOwner, CreateGuestError> {
    let body = &guest.device.body;
    lock_account(transaction, body.user).await?;
    match select_account(transaction, body.user).await? {
        None => insert_guest(transaction, guest).await?,
        Some(known) => renew_guest(transaction, &known, guest).await?,
    }
    insert_session(transaction, body.device, guest.session, guest.at).await?;
    Ok(guest.owner())
}

async fn insert_guest(transaction: &Transaction<'_>, guest: &NewGuest) -> Result<(), CreateGuestError> {
    let body = &guest.device.body;
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &body.user.as_bytes().as_slice(),
        &body.name.as_str(),
        &body.identity_key.as_slice(),
        &day(guest.at),
        &milliseconds(guest.until),
    ];
    let inserted = execute(transaction, sql::INSERT_GUEST, parameters).await?;
    if inserted == 1 && insert_device(transaction, &guest.device, guest.at).await? {
        Ok(())
    } else {
        Err(CreateGuestError::Taken)
    }
}

/// The same guest comes again: their older sessions end.
async fn renew_guest(
    transaction: &Transaction<'_>,
    known: &AccountRow,
    guest: &NewGuest,
) -> Result<(), CreateGuestError> {
    let body = &guest.device.body;
    let device = select_device(transaction, body.device)
        .await?
        .ok_or(CreateGuestError::Taken)?;
    device
        .may_return(body)
        .map_err(|_another| CreateGuestError::Taken)?;
    let until = known.guest_until.filter(|until| *until > guest.at);
    let same = known.name == body.name.as_str() && known.identity_key == body.identity_key.as_slice();
    if until.is_none() || !same {
        return Err(CreateGuestError::Taken);
    }
    revoke_sessions(transaction, body.device, guest.at).await?;
    extend(transaction, body.user, guest.until).await?;
    Ok(())
}

async fn become_account(
    transaction: &Transaction<'_>,
    change: &BecomeAccount,
) -> Result<SessionOwner, BecomeAccountError> {
    let body = &change.device.body;
    lock_account(transaction, change.user).await?;
    let known = select_account(transaction, change.user)
        .await?
        .ok_or(BecomeAccountError::NotGuest)?;
    let device = select_device(transaction, body.device)
        .await?
        .ok_or(BecomeAccountError::Certificate)?;
    change.judge(known.guest_until, &known.identity_key, &device)?;
    let is_admin = admit(transaction, &change.admission, change.at).await?;
    let name_key = body.name.unique_key();
    if is_name_taken(transaction, &name_key).await? {
        return Err(CreateAccountError::NameTaken.into());
    }
    let vault = &change.vault;
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &body.name.as_str(),
        &fold_name(body.name.as_str()),
        &name_key,
        &change.password_file,
        &change.recovery_public_key,
        &vault.sealed.as_slice(),
        &vault.key_by_password.as_slice(),
        &vault.key_by_recovery.as_slice(),
        &change.user.as_bytes().as_slice(),
    ];
    match execute(transaction, sql::BECOME_ACCOUNT, parameters).await {
        Ok(_one) => {}
        // Somebody who took the name at the same moment was faster.
        Err(StoreError::Conflict { .. }) => return Err(CreateAccountError::NameTaken.into()),
        Err(error) => return Err(error.into()),
    }
    let device = body.device.as_bytes().as_slice();
    execute(
        transaction,
        sql::UPDATE_CERTIFICATE,
        &[&change.device.certificate, &device],
    )
    .await?;
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &change.refresh.as_bytes().as_slice(),
        &milliseconds(change.at),
        &change.session.as_bytes().as_slice(),
    ];
    execute(transaction, sql::RENEW_SESSION, parameters).await?;
    // They carry the guest's certificate.
    super::key_package::wipe(transaction, body.device).await?;
    Ok(change.owner(is_admin))
}

async fn end_guests(transaction: &Transaction<'_>, now: Timestamp) -> Result<Vec<DeviceId>, StoreError> {
    let now = milliseconds(now);
    execute(transaction, sql::LOCK_ENDED_GUESTS_POSTGRES, &[&now]).await?;
    let statement = transaction.prepare_cached(sql::SELECT_ENDED_DEVICES).await?;
    let rows = transaction.query(&statement, &[&now]).await?;
    let devices = rows
        .iter()
        .map(|row| Column("device", "device_id").id(row.try_get(0)?))
        .collect::<Result<Vec<DeviceId>, StoreError>>()?;
    for device in &devices {
        for statement in [sql::DELETE_MEMBERSHIPS, sql::DELETE_WELCOMES, sql::DELETE_KNOCKS] {
            execute(transaction, statement, &[&device.as_bytes().as_slice()]).await?;
        }
    }
    execute(transaction, sql::DELETE_ENDED_GUESTS, &[&now]).await?;
    if !devices.is_empty() {
        execute(transaction, sql::END_EMPTY_ROOMS, &[&now]).await?;
    }
    Ok(devices)
}

/// Puts off a guest's end; an account has none.
pub(super) async fn extend(
    transaction: &Transaction<'_>,
    user: UserId,
    until: Timestamp,
) -> Result<(), StoreError> {
    let user = user.as_bytes().as_slice();
    execute(transaction, sql::EXTEND_GUEST, &[&milliseconds(until), &user]).await?;
    Ok(())
}
