//! Accounts, invitations and the people list in PostgreSQL.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use undertone_wire::account::Vault;
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::{Timestamp, UserId};

use super::account_device::{insert_device, insert_session, select_devices};
use super::{PostgresStore, Transaction, in_transaction};
use crate::auth::TokenHash;
use crate::store::StoreError;
use crate::store::account::{
    AccountSecrets, Admission, CreateAccountError, ListedPerson, NewAccount, NewTicket, PeoplePage,
    ServerSettings, StoredPerson, day, fold_name, guest_until_of, kind_of, parse_name, parse_policy,
    policy_word, sql, vault_of,
};
use crate::store::column::{Column, milliseconds};

impl PostgresStore {
    pub(in crate::store) async fn belongs_to_key_file(
        &self,
        identifier: [u8; 32],
        is_new: bool,
    ) -> Result<bool, StoreError> {
        in_transaction!(self, transaction => belongs_to_key_file(&transaction, &identifier, is_new))
    }

    pub(in crate::store) async fn renew_setup_token(&self, token: TokenHash) -> Result<bool, StoreError> {
        in_transaction!(self, transaction => renew_setup_token(&transaction, token))
    }

    pub(in crate::store) async fn server_settings(&self) -> Result<ServerSettings, StoreError> {
        select_settings(&self.connection().await?).await
    }

    pub(in crate::store) async fn is_name_taken(&self, name_key: String) -> Result<bool, StoreError> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached(sql::SELECT_NAME_KEY).await?;
        Ok(connection.query_opt(&statement, &[&name_key]).await?.is_some())
    }

    pub(in crate::store) async fn create_account(
        &self,
        account: NewAccount,
    ) -> Result<(), CreateAccountError> {
        in_transaction!(self, transaction => create_account(&transaction, &account))
    }

    pub(in crate::store) async fn password_file(
        &self,
        name_key: String,
    ) -> Result<Option<(UserId, Vec<u8>)>, StoreError> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached(sql::SELECT_PASSWORD_FILE).await?;
        let Some(row) = connection.query_opt(&statement, &[&name_key]).await? else {
            return Ok(None);
        };
        Ok(Some((
            Column("account", "user_id").id(row.try_get(0)?)?,
            row.try_get(1)?,
        )))
    }

    pub(in crate::store) async fn finish_login(
        &self,
        ticket: NewTicket,
    ) -> Result<Option<AccountSecrets>, StoreError> {
        in_transaction!(self, transaction => finish_login(&transaction, ticket))
    }

    pub(in crate::store) async fn people(&self, page: PeoplePage) -> Result<Vec<ListedPerson>, StoreError> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached(sql::SELECT_PEOPLE).await?;
        let rows = connection
            .query(&statement, &[&page.query, &page.after, &i64::from(page.limit)])
            .await?;
        rows.iter()
            .map(|row| {
                Ok((
                    Column("account", "user_id").id(row.try_get(0)?)?,
                    parse_name(row.try_get(1)?)?,
                ))
            })
            .collect()
    }

    pub(in crate::store) async fn person(&self, user: UserId) -> Result<Option<StoredPerson>, StoreError> {
        in_transaction!(self, transaction => person(&transaction, user))
    }

    pub(in crate::store) async fn create_invitation(
        &self,
        invitation: TokenHash,
        made_by: UserId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let connection = self.connection().await?;
        let (hash, user) = (invitation.as_bytes().as_slice(), made_by.as_bytes().as_slice());
        connection
            .execute(sql::INSERT_INVITATION, &[&hash, &user, &milliseconds(expires_at)])
            .await?;
        Ok(())
    }

    pub(in crate::store) async fn forget_expired(
        &self,
        now: Timestamp,
        refreshed_before: Timestamp,
    ) -> Result<(), StoreError> {
        let connection = self.connection().await?;
        connection
            .execute(sql::FORGET_TICKETS, &[&milliseconds(now)])
            .await?;
        connection
            .execute(sql::FORGET_INVITATIONS, &[&milliseconds(now)])
            .await?;
        connection
            .execute(sql::FORGET_SESSIONS, &[&milliseconds(refreshed_before)])
            .await?;
        Ok(())
    }
}

async fn belongs_to_key_file(
    transaction: &Transaction<'_>,
    identifier: &[u8],
    is_new: bool,
) -> Result<bool, StoreError> {
    if is_new
        && transaction
            .query_opt(sql::SELECT_ANY_ACCOUNT, &[])
            .await?
            .is_some()
    {
        return Ok(false);
    }
    execute(transaction, sql::INSERT_KEY_FILE, &[&identifier]).await?;
    let found = transaction
        .query_opt(sql::SELECT_KEY_FILE, &[&identifier])
        .await?;
    Ok(found.is_some())
}

async fn renew_setup_token(transaction: &Transaction<'_>, token: TokenHash) -> Result<bool, StoreError> {
    execute(transaction, sql::INSERT_SETTINGS, &[]).await?;
    Ok(execute(
        transaction,
        sql::RENEW_SETUP_TOKEN,
        &[&token.as_bytes().as_slice()],
    )
    .await?
        == 1)
}

async fn create_account(
    transaction: &Transaction<'_>,
    account: &NewAccount,
) -> Result<(), CreateAccountError> {
    let is_admin = admit(transaction, &account.admission, account.at).await?;
    insert_account(transaction, account, is_admin).await?;
    if !insert_device(transaction, &account.device, account.at).await? {
        return Err(CreateAccountError::IdTaken);
    }
    insert_session(
        transaction,
        account.device.body.device,
        account.session,
        account.at,
    )
    .await?;
    Ok(())
}

async fn finish_login(
    transaction: &Transaction<'_>,
    ticket: NewTicket,
) -> Result<Option<AccountSecrets>, StoreError> {
    let Some(account) = select_account(transaction, ticket.user).await? else {
        return Ok(None);
    };
    let Some(vault) = account.vault else {
        return Ok(None);
    };
    let (hash, user) = (
        ticket.ticket.as_bytes().as_slice(),
        ticket.user.as_bytes().as_slice(),
    );
    execute(
        transaction,
        sql::INSERT_TICKET,
        &[&hash, &user, &milliseconds(ticket.expires_at)],
    )
    .await?;
    let name = parse_name(&account.name)?;
    Ok(Some(AccountSecrets {
        name,
        identity_key: account.identity_key,
        vault,
    }))
}

async fn person(transaction: &Transaction<'_>, user: UserId) -> Result<Option<StoredPerson>, StoreError> {
    let Some(account) = select_account(transaction, user).await? else {
        return Ok(None);
    };
    let devices = select_devices(transaction, user).await?;
    let name = parse_name(&account.name)?;
    Ok(Some(StoredPerson {
        name,
        kind: kind_of(account.guest_until),
        identity_key: account.identity_key,
        devices,
    }))
}

/// Uses up what lets the account in. True for the administrator of the set-up.
pub(super) async fn admit(
    transaction: &Transaction<'_>,
    admission: &Admission,
    at: Timestamp,
) -> Result<bool, CreateAccountError> {
    if let Admission::Setup {
        token,
        server_name,
        registration,
    } = admission
    {
        let (policy, hash) = (policy_word(*registration), token.as_bytes().as_slice());
        let changed = execute(transaction, sql::FINISH_SETUP, &[server_name, &policy, &hash]).await?;
        return if changed == 1 {
            Ok(true)
        } else {
            Err(CreateAccountError::SetupToken)
        };
    }
    match (select_settings(transaction).await?.registration, admission) {
        (RegistrationPolicy::Open, _) => Ok(false),
        (RegistrationPolicy::Invitation, Admission::Invitation(invitation)) => {
            let hash = invitation.as_bytes().as_slice();
            let used = execute(transaction, sql::USE_INVITATION, &[&milliseconds(at), &hash]).await?;
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

async fn insert_account(
    transaction: &Transaction<'_>,
    account: &NewAccount,
    is_admin: bool,
) -> Result<(), CreateAccountError> {
    let body = &account.device.body;
    let name_key = body.name.unique_key();
    if is_name_taken(transaction, &name_key).await? {
        return Err(CreateAccountError::NameTaken);
    }
    let vault = &account.vault;
    let inserted = execute(
        transaction,
        sql::INSERT_ACCOUNT,
        &[
            &body.user.as_bytes().as_slice(),
            &body.name.as_str(),
            &fold_name(body.name.as_str()),
            &name_key,
            &account.password_file,
            &body.identity_key.as_slice(),
            &account.recovery_public_key,
            &vault.sealed.as_slice(),
            &vault.key_by_password.as_slice(),
            &vault.key_by_recovery.as_slice(),
            &is_admin,
            &day(account.at),
        ],
    )
    .await?;
    match inserted {
        1 => Ok(()),
        // Somebody who registered at the same moment was faster.
        _ if is_name_taken(transaction, &name_key).await? => Err(CreateAccountError::NameTaken),
        _ => Err(CreateAccountError::IdTaken),
    }
}

pub(super) async fn is_name_taken(transaction: &Transaction<'_>, name_key: &str) -> Result<bool, StoreError> {
    let statement = transaction.prepare_cached(sql::SELECT_NAME_KEY).await?;
    Ok(transaction.query_opt(&statement, &[&name_key]).await?.is_some())
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

impl TryFrom<&Row> for AccountRow {
    type Error = StoreError;
    fn try_from(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            name: row.try_get(0)?,
            identity_key: row.try_get(1)?,
            is_admin: row.try_get(2)?,
            vault: vault_of([row.try_get(3)?, row.try_get(4)?, row.try_get(5)?]),
            guest_until: guest_until_of(row.try_get(6)?)?,
        })
    }
}

pub(super) async fn select_account(
    transaction: &Transaction<'_>,
    user: UserId,
) -> Result<Option<AccountRow>, StoreError> {
    let statement = transaction.prepare_cached(sql::SELECT_ACCOUNT).await?;
    let row = transaction
        .query_opt(&statement, &[&user.as_bytes().as_slice()])
        .await?;
    row.as_ref().map(AccountRow::try_from).transpose()
}

async fn select_settings<C: GenericClient>(client: &C) -> Result<ServerSettings, StoreError> {
    let row = client.query_one(sql::SELECT_SETTINGS, &[]).await?;
    let token: Option<&[u8]> = row.try_get(2)?;
    Ok(ServerSettings {
        name: row.try_get(0)?,
        registration: parse_policy(row.try_get(1)?)?,
        setup_token: token
            .map(|hash| Column("server_setting", "setup_token_hash").id(hash))
            .transpose()?,
    })
}

/// Runs a statement that is prepared once for each connection; tells how many rows it changed.
pub(super) async fn execute(
    transaction: &Transaction<'_>,
    statement: &'static str,
    parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Result<u64, StoreError> {
    let statement = transaction.prepare_cached(statement).await?;
    Ok(transaction.execute(&statement, parameters).await?)
}
