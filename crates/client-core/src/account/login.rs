//! Logging in: the password opens the vault, the identity key in it certifies this device, and is
//! wiped again (design D6).

use super::password::Password;
use super::session::State;
use super::vault::{self, VaultContents};
use super::{Account, AccountError};
use crate::device::{CertifiedDevice, NewDevice, Whose};
use crate::store::session::StoredSession;
use crate::transport::api::ApiError;
use rand::rngs::OsRng;
use undertone_opaque::Identifiers;
use undertone_opaque::client::Login;
use undertone_wire::guest::UserKind;
use undertone_wire::session::{AddDeviceRequest, FinishLoginRequest, FinishLoginResponse, StartLoginRequest};
use undertone_wire::{ErrorCode, UserId, UserName};

/// What the password, or the recovery key, opened.
pub(super) struct Opened {
    pub(super) contents: VaultContents,
    pub(super) ticket: String,
    pub(super) user: UserId,
    pub(super) name: UserName,
}

impl Opened {
    /// The vault has the truth; a server that says otherwise would have others trust another key.
    pub(super) fn check(self, name_key: &str, identity_key: &[u8]) -> Result<Self, AccountError> {
        let same_key = self.contents.identity.public().as_slice() == identity_key;
        if same_key && self.name.unique_key() == name_key {
            Ok(self)
        } else {
            Err(AccountError::ServerDisagrees)
        }
    }
}

impl Account {
    /// Logs in with name and password. The first time it makes a new device; after the server ended
    /// the session it goes on with the same one.
    pub async fn login(&self, name: &str, password: &Password) -> Result<(), AccountError> {
        let known = self.known_device()?;
        let name: UserName = name.parse()?;
        let opened = self.open_vault(&name, password).await?;
        let device = match known {
            Some(known) if known.user != opened.user => return Err(AccountError::OtherAccount),
            Some(known) => NewDevice::again(&known),
            None => NewDevice::generate()?,
        };
        let identity_key = opened.contents.identity.public();
        let whose = Whose {
            user: opened.user,
            kind: UserKind::Account,
            name: &opened.name,
        };
        let device = device.certify(&opened.contents.identity, whose, self.platform.now())?;
        // The identity secret has done its work: wiped before anything is waited for.
        drop(opened.contents);
        self.add_device(device, opened.ticket, identity_key).await
    }

    async fn open_vault(&self, name: &UserName, password: &Password) -> Result<Opened, AccountError> {
        let (exchange, request) = Login::start(&mut OsRng, password.as_bytes())?;
        let request = StartLoginRequest {
            name: name.clone(),
            request: request.into(),
        };
        let answer = self.api.start_login(&request).await.map_err(credentials)?;
        let key = name.unique_key();
        let logged_in = exchange.finish(
            &mut OsRng,
            answer.response.as_slice(),
            Identifiers::new(key.as_bytes()),
        )?;
        let request = FinishLoginRequest {
            login: answer.login,
            finalization: logged_in.finalization.into(),
        };
        let FinishLoginResponse {
            ticket,
            user,
            name: registered,
            identity_key,
            vault,
        } = self.api.finish_login(&request).await.map_err(credentials)?;
        let contents = vault::open_by_password(user, &vault, &logged_in.export_key)?;
        Opened {
            contents,
            ticket,
            user,
            name: registered,
        }
        .check(&key, identity_key.as_slice())
    }

    async fn add_device(
        &self,
        device: CertifiedDevice,
        ticket: String,
        identity_key: [u8; 32],
    ) -> Result<(), AccountError> {
        let request = AddDeviceRequest {
            ticket,
            certificate: device.certificate.as_slice().into(),
        };
        let grant = self.api.add_device(&request).await?;
        self.begin(device.session(grant, identity_key)?)
    }

    /// The device of an ended session.
    pub(super) fn known_device(&self) -> Result<Option<StoredSession>, AccountError> {
        match &*self.state.borrow() {
            State::SignedOut => Ok(None),
            State::SignedIn(_) => Err(AccountError::SignedIn),
            State::Ended(stored) => Ok(Some(stored.as_ref().clone())),
        }
    }
}

/// The server's word for wrong credentials is the same as ours.
pub(super) fn credentials(error: ApiError) -> AccountError {
    match error.code() {
        Some(ErrorCode::WrongCredentials) => AccountError::WrongCredentials,
        _ => error.into(),
    }
}
