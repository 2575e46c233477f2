//! Accounts, invitations and the people list in SQLite.

use rusqlite::{Connection, OptionalExtension, Row, params};
use undertone_wire::account::Vault;
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::{Timestamp, UserId};

use super::SqliteStore;
use super::account_device::{insert_device, insert_session};
use crate::auth::TokenHash;
use crate::store::StoreError;
use crate::store::account::{
    AccountSecrets, Admission, CreateAccountError, ListedPerson, NewAccount, NewTicket, PeoplePage,
    ServerSettings, StoredPerson, day, fold_name, guest_until_of, kind_of, parse_name, parse_policy,
    policy_word, sql, vault_of,
};
use crate::store::column::{Column, milliseconds};

impl SqliteStore {
    pub(in crate::store) async fn belongs_to_key_file(
        &self,
        identifier: [u8; 32],
        is_new: bool,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            if is_new && connection.prepare_cached(sql::SELECT_ANY_ACCOUNT)?.exists([])? {
                return Ok(false);
            }
            connection
                .prepare_cached(sql::INSERT_KEY_FILE)?
                .execute([identifier])?;
            Ok(connection
                .prepare_cached(sql::SELECT_KEY_FILE)?
                .exists([identifier])?)
        })
        .await
    }

    pub(in crate::store) async fn renew_setup_token(&self, token: TokenHash) -> Result<bool, StoreError> {
        self.write(move |connection| {
            connection.prepare_cached(sql::INSERT_SETTINGS)?.execute([])?;
            let changed = connection
                .prepare_cached(sql::RENEW_SETUP_TOKEN)?
                .execute([token.as_bytes()])?;
            Ok(changed == 1)
        })
        .await
    }

    pub(in crate::store) async fn server_settings(&self) -> Result<ServerSettings, StoreError> {
        self.read(select_settings).await
    }

    pub(in crate::store) async fn is_name_taken(&self, name_key: String) -> Result<bool, StoreError> {
        self.read(move |connection| is_name_taken(connection, &name_key))
            .await
    }

    pub(in crate::store) async fn create_account(
        &self,
        account: NewAccount,
    ) -> Result<(), CreateAccountError> {
        self.write(move |connection| {
            let is_admin = admit(connection, &account.admission, account.at)?;
            insert_account(connection, &account, is_admin)?;
            if !insert_device(connection, &account.device, account.at)? {
                return Err(CreateAccountError::IdTaken);
            }
            insert_session(
                connection,
                account.device.body.device,
                account.session,
                account.at,
            )?;
            Ok(())
        })
        .await
    }

    pub(in crate::store) async fn password_file(
        &self,
        name_key: String,
    ) -> Result<Option<(UserId, Vec<u8>)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(sql::SELECT_PASSWORD_FILE)?;
            let row = statement
                .query_row([name_key], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?)))
                .optional()?;
            row.map(|(user, file)| Ok((Column("account", "user_id").id(&user)?, file)))
                .transpose()
        })
        .await
    }

    pub(in crate::store) async fn finish_login(
        &self,
        ticket: NewTicket,
    ) -> Result<Option<AccountSecrets>, StoreError> {
        self.write(move |connection| {
            let Some(account) = select_account(connection, ticket.user)? else {
                return Ok(None);
            };
            let Some(vault) = account.vault else {
                return Ok(None);
            };
            connection.prepare_cached(sql::INSERT_TICKET)?.execute(params![
                ticket.ticket.as_bytes(),
                ticket.user.as_bytes(),
                milliseconds(ticket.expires_at)
            ])?;
            Ok(Some(AccountSecrets {
                name: parse_name(&account.name)?,
                identity_key: account.identity_key,
                vault,
            }))
        })
        .await
    }

    pub(in crate::store) async fn people(&self, page: PeoplePage) -> Result<Vec<ListedPerson>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(sql::SELECT_PEOPLE)?;
            let rows = statement.query_map(params![page.query, page.after, page.limit], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?))
            })?;
            rows.map(|row| {
                let (user, name) = row?;
                Ok((Column("account", "user_id").id(&user)?, parse_name(&name)?))
            })
            .collect()
        })
        .await
    }

    pub(in crate::store) async fn person(&self, user: UserId) -> Result<Option<StoredPerson>, StoreError> {
        self.read(move |connection| {
            let Some(account) = select_account(connection, user)? else {
                return Ok(None);
            };
            let devices = super::account_device::select_devices(connection, user)?;
            let name = parse_name(&account.name)?;
            Ok(Some(StoredPerson {
                name,
                kind: kind_of(account.guest_until),
                identity_key: account.identity_key,
                devices,
            }))
        })
        .await
    }

    pub(in crate::store) async fn create_invitation(
        &self,
        invitation: TokenHash,
        made_by: UserId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(sql::INSERT_INVITATION)?
                .execute(params![
                    invitation.as_bytes(),
                    made_by.as_bytes(),
                    milliseconds(expires_at)
                ])?;
            Ok(())
        })
        .await
    }

    pub(in crate::store) async fn forget_expired(
        &self,
        now: Timestamp,
        refreshed_before: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(sql::FORGET_TICKETS)?
                .execute([milliseconds(now)])?;
            connection
                .prepare_cached(sql::FORGET_INVITATIONS)?
                .execute([milliseconds(now)])?;
            connection
                .prepare_cached(sql::FORGET_SESSIONS)?
                .execute([milliseconds(refreshed_before)])?;
            Ok(())
        })
        .await
    }
}

/// Uses up what lets the account in. True for the administrator of the set-up.
pub(super) fn admit(
    connection: &Connection,
    admission: &Admission,
    at: Timestamp,
) -> Result<bool, CreateAccountError> {
    if let Admission::Setup {
        token,
        server_name,
        registration,
    } = admission
    {
        let changed = connection
            .prepare_cached(sql::FINISH_SETUP)
            .and_then(|mut finish| {
                finish.execute(params![server_name, policy_word(*registration), token.as_bytes()])
            })
            .map_err(StoreError::from)?;
        return if changed == 1 {
            Ok(true)
        } else {
            Err(CreateAccountError::SetupToken)
        };
    }
    match (select_settings(connection)?.registration, admission) {
        (RegistrationPolicy::Open, _) => Ok(false),
        (RegistrationPolicy::Invitation, Admission::Invitation(invitation)) => {
            let used = connection
                .prepare_cached(sql::USE_INVITATION)
                .and_then(|mut take| take.execute(params![milliseconds(at), invitation.as_bytes()]))
                .map_err(StoreError::from)?;
            if used == 1 {
                Ok(false)
            } else {
                Err(CreateAccountError::Invitation)
            }
        }
        (RegistrationPolicy::Invitation, _) => Err(CreateAccountError::InvitationRequired),
        (RegistrationPolicy::Closed, _) => Err(CreateAccountError::Closed),
    }
}

fn insert_account(
    connection: &Connection,
    account: &NewAccount,
    is_admin: bool,
) -> Result<(), CreateAccountError> {
    let body = &account.device.body;
    let name_key = body.name.unique_key();
    if is_name_taken(connection, &name_key)? {
        return Err(CreateAccountError::NameTaken);
    }
    let mut insert = connection
        .prepare_cached(sql::INSERT_ACCOUNT)
        .map_err(StoreError::from)?;
    let inserted = insert.execute(params![
        body.user.as_bytes(),
        body.name.as_str(),
        fold_name(body.name.as_str()),
        name_key,
        account.password_file,
        body.identity_key.as_slice(),
        account.recovery_public_key,
        account.vault.sealed.as_slice(),
        account.vault.key_by_password.as_slice(),
        account.vault.key_by_recovery.as_slice(),
        is_admin,
        day(account.at),
    ]);
    if inserted.map_err(StoreError::from)? == 1 {
        Ok(())
    } else {
        Err(CreateAccountError::IdTaken)
    }
}

pub(super) fn is_name_taken(connection: &Connection, name_key: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(sql::SELECT_NAME_KEY)?
        .exists([name_key])?)
}

/// A row of the table of accounts.
pub(super) struct AccountRow {
    pub(super) name: String,
    pub(super) identity_key: Vec<u8>,
    pub(super) is_admin: bool,
    /// Guests have none.
    pub(super) vault: Option<Vault>,
    /// Accounts have no end.
    pub(super) guest_until: Option<Timestamp>,
}

pub(super) fn select_account(
    connection: &Connection,
    user: UserId,
) -> Result<Option<AccountRow>, StoreError> {
    let mut statement = connection.prepare_cached(sql::SELECT_ACCOUNT)?;
    let read = |row: &Row<'_>| {
        let sealed = |index: usize| row.get::<_, Option<Vec<u8>>>(index);
        let vault = [sealed(3)?, sealed(4)?, sealed(5)?];
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, vault, row.get(6)?))
    };
    let row = statement.query_row([user.as_bytes()], read).optional()?;
    row.map(|(name, identity_key, is_admin, vault, guest_until)| {
        Ok(AccountRow {
            name,
            identity_key,
            is_admin,
            vault: vault_of(vault),
            guest_until: guest_until_of(guest_until)?,
        })
    })
    .transpose()
}

fn select_settings(connection: &Connection) -> Result<ServerSettings, StoreError> {
    let mut statement = connection.prepare_cached(sql::SELECT_SETTINGS)?;
    let (name, registration, token) = statement.query_row([], |row| {
        Ok((
            row.get(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, Option<Vec<u8>>>(2)?,
        ))
    })?;
    let setup_token = token
        .map(|hash| Column("server_setting", "setup_token_hash").id(&hash))
        .transpose()?;
    Ok(ServerSettings {
        name,
        registration: parse_policy(&registration)?,
        setup_token,
    })
}
