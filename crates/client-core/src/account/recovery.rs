//! Logging in with the recovery key: it opens the vault, and a new password closes it again. Whoever
//! else was signed in is signed out.

use super::login::{Opened, credentials};
use super::password::Password;
use super::recovery_key::RecoveryKey;
use super::vault;
use super::{Account, AccountError};
use crate::device::{NewDevice, Whose};
use ed25519_dalek::Signer;
use rand::rngs::OsRng;
use undertone_opaque::Identifiers;
use undertone_opaque::client::Registration;
use undertone_wire::UserName;
use undertone_wire::guest::UserKind;
use undertone_wire::recovery::{FinishRecoveryRequest, ProveRecoveryRequest, StartRecoveryRequest};

/// What someone typed who has forgotten the password.
#[derive(Debug, Clone)]
pub struct RecoverInput {
    /// The name, as typed.
    pub name: String,
    /// From paper.
    pub recovery_key: RecoveryKey,
    /// The password from now on.
    pub new_password: Password,
}

impl Account {
    /// Sets a new password with the recovery key, ends every session of the account, and signs this
    /// device in. Not cancel safe: if it is dropped, or the last answer lost, the new password may
    /// count; then it logs in.
    pub async fn recover(&self, input: RecoverInput) -> Result<(), AccountError> {
        let known = self.known_device()?;
        let name: UserName = input.name.parse()?;
        input.new_password.require_strong(&name, &*self.platform).await?;
        let key = name.unique_key();
        let start = StartRecoveryRequest { name };
        let started = self.api.start_recovery(&start).await?;
        let (exchange, registration) = Registration::start(&mut OsRng, input.new_password.as_bytes())?;
        let signed = ProveRecoveryRequest::signed_bytes(&key, started.challenge.as_slice());
        let signature = input.recovery_key.authentication_key().sign(&signed);
        let request = ProveRecoveryRequest {
            recovery: started.recovery,
            signature: signature.to_bytes().as_slice().into(),
            request: registration.into(),
        };
        let proven = self.api.prove_recovery(&request).await.map_err(credentials)?;
        let identifiers = Identifiers::new(key.as_bytes());
        let registered = exchange.finish(&mut OsRng, proven.response.as_slice(), identifiers)?;
        let (user, old) = (proven.user, &proven.vault);
        let contents = vault::open_by_recovery(user, old, &input.recovery_key)?;
        let key_by_password = vault::rewrap(
            &mut OsRng,
            old,
            &vault::VaultKeys {
                user,
                export_key: &registered.export_key,
                recovery: &input.recovery_key,
            },
        )?;
        let opened = Opened {
            contents,
            ticket: proven.ticket,
            user,
            name: proven.name,
        }
        .check(&key, proven.identity_key.as_slice())?;
        let device = match known {
            Some(known) if known.user != user => return Err(AccountError::OtherAccount),
            Some(known) => NewDevice::again(&known),
            None => NewDevice::generate()?,
        };
        let whose = Whose {
            user,
            kind: UserKind::Account,
            name: &opened.name,
        };
        let identity_key = opened.contents.identity.public();
        let device = device.certify(&opened.contents.identity, whose, self.platform.now())?;
        // The identity secret has done its work: wiped before anything is waited for.
        drop(opened.contents);
        let request = FinishRecoveryRequest {
            ticket: opened.ticket,
            record: registered.record.into(),
            key_by_password,
            certificate: device.certificate.as_slice().into(),
        };
        let grant = self.api.finish_recovery(&request).await?;
        self.begin(device.session(grant, identity_key)?)
    }
}
