//! Accounts, devices and sessions as operations: each is one transaction. The rules that need the
//! database's answer (is the name free, is the token unused) are judged inside it; everything else
//! is judged by the handlers before.

pub(super) mod sql;

#[cfg(test)]
mod tests;

use super::column::{Column, milliseconds};
use super::postgres::Retry;
use super::{Store, StoreError};
use undertone_wire::account::Vault;
use undertone_wire::device::{DeviceCertificateBody, DeviceSummary};
use undertone_wire::guest::{GuestStay, UserKind};
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::{DeviceId, Timestamp, UserId, UserName};

use crate::auth::{SessionId, TokenHash};

/// What the administrator decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// The server's name; empty before set-up.
    pub name: String,
    /// Who may make an account.
    pub registration: RegistrationPolicy,
    /// While nobody has used it: the hash of the set-up token.
    pub setup_token: Option<TokenHash>,
}

/// What lets someone register.
#[derive(Debug, Clone)]
pub enum Admission {
    /// The set-up token: makes the first administrator and the settings.
    Setup {
        /// Its hash.
        token: TokenHash,
        /// The server's new name.
        server_name: String,
        /// Who may make an account from now on.
        registration: RegistrationPolicy,
    },
    /// An invitation.
    Invitation(TokenHash),
    /// Nothing: enough where registration is open.
    Nothing,
}

/// A device with its certificate, which the caller has verified.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// What the certificate says.
    pub body: DeviceCertificateBody,
    /// Its CBOR.
    pub certificate: Vec<u8>,
}

/// A session to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewSession {
    /// Drawn at random.
    pub session: SessionId,
    /// The hash of its first refresh token.
    pub refresh: TokenHash,
}

/// A registration: account, first device and first session in one transaction.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// What lets them.
    pub admission: Admission,
    /// The OPAQUE record.
    pub password_file: Vec<u8>,
    /// Ed25519.
    pub recovery_public_key: Vec<u8>,
    /// Sealed by the client.
    pub vault: Vault,
    /// Names the user too.
    pub device: NewDevice,
    /// The device's.
    pub session: NewSession,
    /// Now.
    pub at: Timestamp,
}

/// Why an account was not made. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum CreateAccountError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Someone has that name, or one that looks like it.
    #[error("the name is taken")]
    NameTaken,
    /// The drawn user or device id exists.
    #[error("the id is taken")]
    IdTaken,
    /// The set-up token is wrong or used.
    #[error("the set-up token does not fit")]
    SetupToken,
    /// The server takes accounts by invitation.
    #[error("an invitation is needed")]
    InvitationRequired,
    /// The invitation is wrong, used or expired.
    #[error("the invitation does not fit")]
    Invitation,
    /// The server takes no accounts.
    #[error("registration is closed")]
    Closed,
}

impl Retry for CreateAccountError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

/// What a login needs of an account.
#[derive(Debug, Clone)]
pub struct AccountSecrets {
    /// The name as registered.
    pub name: UserName,
    /// Ed25519.
    pub identity_key: Vec<u8>,
    /// Sealed by the client.
    pub vault: Vault,
}

/// A ticket that lets one device of an account register.
#[derive(Debug, Clone, Copy)]
pub struct NewTicket {
    /// Its hash.
    pub ticket: TokenHash,
    /// Whose account.
    pub user: UserId,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A device that registers with a ticket; a device that is known already goes on with a new session.
#[derive(Debug, Clone)]
pub struct AddDevice {
    /// From the login.
    pub ticket: TokenHash,
    /// With its certificate.
    pub device: NewDevice,
    /// The device's.
    pub session: NewSession,
    /// Now.
    pub at: Timestamp,
}

/// Why a device was not added. Nothing was stored, and the ticket is still good.
#[derive(Debug, thiserror::Error)]
pub enum AddDeviceError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ticket is wrong, used or expired.
    #[error("the ticket does not fit")]
    Ticket,
    /// The certificate is of another user, name or identity key, or the device is another's.
    #[error("the certificate is not of this account")]
    Certificate,
    /// The device was revoked: its id and key are never used again.
    #[error("the device is revoked")]
    Revoked,
    /// The user has [`undertone_wire::limits::DEVICES_PER_USER_MAX`] devices.
    #[error("too many devices")]
    TooMany,
}

impl Retry for AddDeviceError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

/// Whose session it is.
#[derive(Debug, Clone)]
pub struct SessionOwner {
    /// The user.
    pub user: UserId,
    /// Their name.
    pub name: UserName,
    /// Whether they administer the server.
    pub is_admin: bool,
    /// The device.
    pub device: DeviceId,
    /// Of a guest: when they end, unless they come back before.
    pub guest_until: Option<Timestamp>,
}

impl SessionOwner {
    /// Account or guest.
    pub const fn kind(&self) -> UserKind {
        kind_of(self.guest_until)
    }

    /// Of a guest: how long they stay.
    pub fn stay(&self) -> Option<GuestStay> {
        self.guest_until.map(|expires_at| GuestStay { expires_at })
    }
}

/// A session as it is stored.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// Whose it is.
    pub owner: SessionOwner,
    /// The device's Ed25519 key, which signs refreshes.
    pub signature_key: Vec<u8>,
    /// The hash of the newest refresh token.
    pub current: TokenHash,
    /// The hash of the token that it was given for.
    pub previous: Option<TokenHash>,
    /// When the newest token was given.
    pub refreshed_at: Timestamp,
    /// True when the session or its device was revoked.
    pub is_revoked: bool,
}

impl StoredSession {
    /// Whether nobody can use it any more: it was revoked, or its guest's time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.is_revoked || self.owner.guest_until.is_some_and(|until| until <= now)
    }
}

/// A refresh token that is exchanged for its successor.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// Which session.
    pub session: SessionId,
    /// The hash of what was presented.
    pub presented: TokenHash,
    /// The hash of the successor.
    pub successor: TokenHash,
    /// The hash of an older token, if what was presented was made of it.
    pub follows: Option<TokenHash>,
    /// Until when a guest stays, having come back.
    pub guest_until: Timestamp,
    /// Now.
    pub at: Timestamp,
}

/// What became of a [`Rotation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// The successor is stored.
    Granted,
    /// An older token was presented: two parties hold the session, which is revoked now.
    Reused,
    /// The session is revoked, or there is none.
    Ended,
}

/// A part of the people list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeoplePage {
    /// Only names with this in them, in lower case; empty for all.
    pub query: String,
    /// Only names that sort after this one, in lower case; empty for the first page.
    pub after: String,
    /// At most so many.
    pub limit: u32,
}

/// A listed account.
pub type ListedPerson = (UserId, UserName);

/// Somebody and their devices.
#[derive(Debug, Clone)]
pub struct StoredPerson {
    /// The name as registered.
    pub name: UserName,
    /// Account or guest.
    pub kind: UserKind,
    /// Ed25519.
    pub identity_key: Vec<u8>,
    /// Those that are not revoked.
    pub devices: Vec<DeviceSummary>,
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        impl Store {
            $($(#[$doc])*
            pub async fn $name(&self, $($argument: $type),*) -> $result {
                match self {
                    Self::Sqlite(store) => store.$name($($argument),*).await,
                    Self::Postgres(store) => store.$name($($argument),*).await,
                }
            })*
        }
    };
}

operations! {
    /// Whether the database belongs to the key file with this identifier; the first one to ask gets it.
    /// One that was made just now owns no database with accounts.
    belongs_to_key_file(identifier: [u8; 32], is_new: bool) -> Result<bool, StoreError>;
    /// Stores a new set-up token in place of the last one. False when the server is set up already.
    renew_setup_token(token: TokenHash) -> Result<bool, StoreError>;
    /// The administrator's decisions.
    server_settings() -> Result<ServerSettings, StoreError>;
    /// Whether someone has a name with this unique key.
    is_name_taken(name_key: String) -> Result<bool, StoreError>;
    /// Registers.
    create_account(account: NewAccount) -> Result<(), CreateAccountError>;
    /// The OPAQUE record of the account with this unique name key.
    password_file(name_key: String) -> Result<Option<(UserId, Vec<u8>)>, StoreError>;
    /// Stores a login ticket and reads what the login yields. Nothing, if the account is gone.
    finish_login(ticket: NewTicket) -> Result<Option<AccountSecrets>, StoreError>;
    /// Takes the ticket, and adds the device or renews its certificate and session.
    add_device(device: AddDevice) -> Result<SessionOwner, AddDeviceError>;
    /// Reads a session.
    session(session: SessionId) -> Result<Option<StoredSession>, StoreError>;
    /// Exchanges a refresh token, or revokes the session when the token is an old one.
    rotate_session(rotation: Rotation) -> Result<Rotated, StoreError>;
    /// Ends one session; the device stays.
    revoke_session(session: SessionId, at: Timestamp) -> Result<(), StoreError>;
    /// Revokes a user's device: its sessions end and its key packages are gone. False if the user has
    /// no such device.
    revoke_device(user: UserId, device: DeviceId, at: Timestamp) -> Result<bool, StoreError>;
    /// One page of the people list, by name.
    people(page: PeoplePage) -> Result<Vec<ListedPerson>, StoreError>;
    /// Somebody and their devices.
    person(user: UserId) -> Result<Option<StoredPerson>, StoreError>;
    /// Stores an invitation.
    create_invitation(invitation: TokenHash, made_by: UserId, expires_at: Timestamp) -> Result<(), StoreError>;
    /// Forgets tickets and invitations that ended before `now`, and sessions last refreshed before
    /// `refreshed_before`.
    forget_expired(now: Timestamp, refreshed_before: Timestamp) -> Result<(), StoreError>;
}

/// Whether a certificate is one of this account.
pub(super) fn belongs_to(
    body: &DeviceCertificateBody,
    user: UserId,
    name: &UserName,
    identity_key: &[u8],
) -> bool {
    body.user == user
        && body.kind == UserKind::Account
        && body.name == *name
        && body.identity_key.as_slice() == identity_key
}

/// A device that the database knows already.
pub(super) struct KnownDevice {
    pub(super) user: UserId,
    pub(super) signature_key: Vec<u8>,
    pub(super) is_revoked: bool,
}

impl KnownDevice {
    /// Whether the same device may log in again: it keeps its place in conversations.
    pub(super) fn may_return(&self, body: &DeviceCertificateBody) -> Result<(), AddDeviceError> {
        if self.user != body.user || self.signature_key != body.signature_key.as_slice() {
            return Err(AddDeviceError::Certificate);
        }
        if self.is_revoked {
            Err(AddDeviceError::Revoked)
        } else {
            Ok(())
        }
    }
}

/// The word that stands in the settings.
pub(super) const fn policy_word(policy: RegistrationPolicy) -> &'static str {
    match policy {
        RegistrationPolicy::Open => "open",
        RegistrationPolicy::Invitation => "invitation",
        RegistrationPolicy::Closed => "closed",
    }
}

/// Reads the word of the settings.
pub(super) fn parse_policy(word: &str) -> Result<RegistrationPolicy, StoreError> {
    match word {
        "open" => Ok(RegistrationPolicy::Open),
        "invitation" => Ok(RegistrationPolicy::Invitation),
        "closed" => Ok(RegistrationPolicy::Closed),
        _ => Err(StoreError::Inconsistent {
            table: "server_setting",
            column: "registration",
        }),
    }
}

/// Reads a name from the table of accounts.
pub(super) fn parse_name(text: &str) -> Result<UserName, StoreError> {
    text.parse().map_err(|_| StoreError::Inconsistent {
        table: "account",
        column: "name",
    })
}

/// The three columns of a vault: contents, and the two wraps of its key.
pub(super) type VaultColumns = [Option<Vec<u8>>; 3];

/// Reads a vault, which guests do not have.
pub(super) fn vault_of(columns: VaultColumns) -> Option<Vault> {
    let [Some(sealed), Some(by_password), Some(by_recovery)] = columns else {
        return None;
    };
    Some(Vault {
        sealed: sealed.into(),
        key_by_password: by_password.into(),
        key_by_recovery: by_recovery.into(),
    })
}

/// Reads when a guest ends.
pub(super) fn guest_until_of(value: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    value
        .map(|value| Column("account", "guest_until").time(value))
        .transpose()
}

/// What kind of user somebody with such an end is.
pub(super) const fn kind_of(guest_until: Option<Timestamp>) -> UserKind {
    match guest_until {
        None => UserKind::Account,
        Some(_) => UserKind::Guest,
    }
}

/// The day of a time: finer is nobody's business later.
pub(super) fn day(at: Timestamp) -> i64 {
    const DAY_MS: i64 = 24 * 3600 * 1000;
    let milliseconds = milliseconds(at);
    milliseconds - milliseconds.rem_euclid(DAY_MS)
}

/// The name in lower case, for searching and sorting.
pub fn fold_name(name: &str) -> String {
    name.to_lowercase()
}

/// Judges a presented refresh token against what is stored.
pub(super) fn judge_rotation(stored: Option<&StoredSession>, rotation: &Rotation) -> Presented {
    let presented = rotation.presented;
    match stored {
        None => Presented::Unknown,
        Some(session) if session.is_revoked => Presented::Unknown,
        Some(session) if session.current == presented => Presented::Newest,
        Some(session) if session.previous == Some(presented) => Presented::Before,
        Some(session) if rotation.follows == Some(session.current) => Presented::Newer,
        Some(_) => Presented::Older,
    }
}

/// Which of a session's refresh tokens was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presented {
    /// The newest.
    Newest,
    /// The one before, whose successor was never used: its answer was lost.
    Before,
    /// A newer one than the database knows: it went back to a backup.
    Newer,
    /// An older one.
    Older,
    /// There is no session to refresh.
    Unknown,
}
