//! Guests in SQLite: coming, becoming an account, ending.

use rusqlite::{Connection, params};
use undertone_wire::{DeviceId, Timestamp, UserId};

use super::SqliteStore;
use super::account::{AccountRow, admit, is_name_taken, select_account};
use super::account_device::{insert_device, insert_session, revoke_sessions, select_device};
use crate::store::StoreError;
use crate::store::account::{CreateAccountError, SessionOwner, day, fold_name, sql};
use crate::store::column::{Column, milliseconds};
use crate::store::guest::{BecomeAccount, BecomeAccountError, CreateGuestError, NewGuest};

impl SqliteStore {
    pub(in crate::store) async fn create_guest(
        &self,
        guest: NewGuest,
    ) -> Result<SessionOwner, CreateGuestError> {
        self.write(move |connection| {
            let body = &guest.device.body;
            match select_account(connection, body.user)? {
                None => insert_guest(connection, &guest)?,
                Some(known) => renew_guest(connection, &known, &guest)?,
            }
            insert_session(connection, body.device, guest.session, guest.at)?;
            Ok(guest.owner())
        })
        .await
    }

    pub(in crate::store) async fn become_account(
        &self,
        change: BecomeAccount,
    ) -> Result<SessionOwner, BecomeAccountError> {
        self.write(move |connection| become_account(connection, &change))
            .await
    }

    pub(in crate::store) async fn end_guests(&self, now: Timestamp) -> Result<Vec<DeviceId>, StoreError> {
        self.write(move |connection| {
            let devices = ended_devices(connection, now)?;
            for device in &devices {
                for statement in [sql::DELETE_MEMBERSHIPS, sql::DELETE_WELCOMES, sql::DELETE_KNOCKS] {
                    connection
                        .prepare_cached(statement)?
                        .execute([device.as_bytes()])?;
                }
            }
            connection
                .prepare_cached(sql::DELETE_ENDED_GUESTS)?
                .execute([milliseconds(now)])?;
            if !devices.is_empty() {
                connection
                    .prepare_cached(sql::END_EMPTY_ROOMS)?
                    .execute([milliseconds(now)])?;
            }
            Ok(devices)
        })
        .await
    }
}

fn insert_guest(connection: &Connection, guest: &NewGuest) -> Result<(), CreateGuestError> {
    let body = &guest.device.body;
    let inserted = connection
        .prepare_cached(sql::INSERT_GUEST)
        .and_then(|mut insert| {
            insert.execute(params![
                body.user.as_bytes(),
                body.name.as_str(),
                body.identity_key.as_slice(),
                day(guest.at),
                milliseconds(guest.until),
            ])
        })
        .map_err(StoreError::from)?;
    if inserted == 1 && insert_device(connection, &guest.device, guest.at)? {
        Ok(())
    } else {
        Err(CreateGuestError::Taken)
    }
}

/// The same guest comes again: their older sessions end.
fn renew_guest(
    connection: &Connection,
    known: &AccountRow,
    guest: &NewGuest,
) -> Result<(), CreateGuestError> {
    let body = &guest.device.body;
    let device = select_device(connection, body.device)?.ok_or(CreateGuestError::Taken)?;
    device
        .may_return(body)
        .map_err(|_another| CreateGuestError::Taken)?;
    let until = known.guest_until.filter(|until| *until > guest.at);
    let same = known.name == body.name.as_str() && known.identity_key == body.identity_key.as_slice();
    if until.is_none() || !same {
        return Err(CreateGuestError::Taken);
    }
    revoke_sessions(connection, body.device, guest.at)?;
    extend(connection, body.user, guest.until)?;
    Ok(())
}

fn become_account(
    connection: &Connection,
    change: &BecomeAccount,
) -> Result<SessionOwner, BecomeAccountError> {
    let body = &change.device.body;
    let known = select_account(connection, change.user)?.ok_or(BecomeAccountError::NotGuest)?;
    let device = select_device(connection, body.device)?.ok_or(BecomeAccountError::Certificate)?;
    change.judge(known.guest_until, &known.identity_key, &device)?;
    let is_admin = admit(connection, &change.admission, change.at)?;
    let name_key = body.name.unique_key();
    if is_name_taken(connection, &name_key)? {
        return Err(CreateAccountError::NameTaken.into());
    }
    let change_row = |statement: &str, parameters: &[&dyn rusqlite::ToSql]| {
        connection.prepare_cached(statement)?.execute(parameters)
    };
    let vault = &change.vault;
    change_row(
        sql::BECOME_ACCOUNT,
        params![
            body.name.as_str(),
            fold_name(body.name.as_str()),
            name_key,
            change.password_file,
            change.recovery_public_key,
            vault.sealed.as_slice(),
            vault.key_by_password.as_slice(),
            vault.key_by_recovery.as_slice(),
            change.user.as_bytes(),
        ],
    )
    .and_then(|_changed| {
        change_row(
            sql::UPDATE_CERTIFICATE,
            params![change.device.certificate, body.device.as_bytes()],
        )
    })
    .and_then(|_changed| {
        change_row(
            sql::RENEW_SESSION,
            params![
                change.refresh.as_bytes(),
                milliseconds(change.at),
                change.session.as_bytes()
            ],
        )
    })
    .map_err(StoreError::from)?;
    // They carry the guest's certificate.
    super::key_package::wipe(connection, body.device)?;
    Ok(change.owner(is_admin))
}

fn ended_devices(connection: &Connection, now: Timestamp) -> Result<Vec<DeviceId>, StoreError> {
    let mut statement = connection.prepare_cached(sql::SELECT_ENDED_DEVICES)?;
    let rows = statement.query_map([milliseconds(now)], |row| row.get::<_, Vec<u8>>(0))?;
    rows.map(|device| Column("device", "device_id").id(&device?))
        .collect()
}

/// Puts off a guest's end; an account has none.
pub(super) fn extend(connection: &Connection, user: UserId, until: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql::EXTEND_GUEST)?
        .execute(params![milliseconds(until), user.as_bytes()])?;
    Ok(())
}
