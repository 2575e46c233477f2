//! Making an account: everything secret is made on the device, the server gets what it cannot open.

use super::password::Password;
use super::recovery_key::RecoveryKey;
use super::session::State;
use super::vault::{self, VaultContents, VaultKeys};
use super::{Account, AccountError};
use crate::device::{NewDevice, Whose};
use rand::RngCore;
use rand::rngs::OsRng;
use undertone_mls::certificate::IdentityKey;
use undertone_opaque::Identifiers;
use undertone_opaque::client::{Registered, Registration};
use undertone_wire::account::{FinishRegistrationRequest, StartRegistrationRequest, Vault};
use undertone_wire::guest::UserKind;
use undertone_wire::server_info::SetupRequest;
use undertone_wire::{UserId, UserName};
use zeroize::Zeroizing;

/// What someone typed to make an account.
#[derive(Debug, Clone)]
pub struct RegisterInput {
    /// The wanted name, as typed.
    pub name: String,
    /// The password.
    pub password: Password,
    /// Where registration is by invitation.
    pub invitation: Option<String>,
    /// For the first administrator.
    pub setup: Option<SetupRequest>,
}

impl Account {
    /// Makes an account and signs this device in. Gives the recovery key, which is stored nowhere.
    /// Not cancel safe: if it is dropped, or the last answer lost, the account may exist; then its
    /// password logs in.
    pub async fn register(&self, input: RegisterInput) -> Result<RecoveryKey, AccountError> {
        self.require_nobody()?;
        let name = input.name.parse::<UserName>()?.for_account()?;
        input.password.require_strong(&name, &*self.platform).await?;
        let registered = self.register_password(&name, &input.password).await?;

        let user = random_user();
        let identity = IdentityKey::generate()?;
        let identity_key = identity.public();
        let whose = Whose {
            user,
            kind: UserKind::Account,
            name: &name,
        };
        let device = NewDevice::generate()?.certify(&identity, whose, self.platform.now())?;
        let recovery = RecoveryKey::generate(&mut OsRng);
        let vault = seal_vault(identity, user, &registered.export_key, &recovery)?;
        let request = FinishRegistrationRequest {
            name,
            user,
            record: registered.record.into(),
            identity_key: identity_key.as_slice().into(),
            recovery_public_key: recovery.public_bytes(),
            vault,
            certificate: device.certificate.as_slice().into(),
            invitation: input.invitation,
            setup: input.setup,
        };
        let grant = self.api.finish_registration(&request).await?;
        if grant.user != user {
            return Err(AccountError::ServerDisagrees);
        }
        self.begin(device.session(grant, identity_key)?)?;
        Ok(recovery)
    }

    pub(super) async fn register_password(
        &self,
        name: &UserName,
        password: &Password,
    ) -> Result<Registered, AccountError> {
        let (exchange, request) = Registration::start(&mut OsRng, password.as_bytes())?;
        let request = StartRegistrationRequest {
            name: name.clone(),
            request: request.into(),
        };
        let answer = self.api.start_registration(&request).await?;
        let key = name.unique_key();
        Ok(exchange.finish(
            &mut OsRng,
            answer.response.as_slice(),
            Identifiers::new(key.as_bytes()),
        )?)
    }

    pub(super) fn require_nobody(&self) -> Result<(), AccountError> {
        match &*self.state.borrow() {
            State::SignedOut => Ok(()),
            State::SignedIn(_) => Err(AccountError::SignedIn),
            State::Ended(_) => Err(AccountError::OtherAccount),
        }
    }
}

pub(super) fn random_user() -> UserId {
    let mut bytes = [0; UserId::LEN];
    OsRng.fill_bytes(&mut bytes);
    UserId::from_bytes(bytes)
}

/// A vault for a new account, with a new archive key.
pub(super) fn seal_vault(
    identity: IdentityKey,
    user: UserId,
    export_key: &[u8],
    recovery: &RecoveryKey,
) -> Result<Vault, AccountError> {
    let mut archive_key = Zeroizing::new([0; 32]);
    OsRng.fill_bytes(archive_key.as_mut_slice());
    let contents = VaultContents {
        identity,
        archive_key,
    };
    let keys = VaultKeys {
        user,
        export_key,
        recovery,
    };
    Ok(vault::seal(&mut OsRng, &contents, &keys)?)
}
