//! Guests: coming without a password, and becoming an account. A guest's identity secret stays on the
//! device; there is no other place from which it could come back.

use super::nickname::nickname;
use super::password::Password;
use super::proof_of_work::solve;
use super::recovery_key::RecoveryKey;
use super::registration::{random_user, seal_vault};
use super::{Account, AccountError};
use crate::device::{NewDevice, Whose};
use crate::store::session::StoredSession;
use crate::transport::api::ApiError;
use rand::rngs::OsRng;
use undertone_mls::certificate::IdentityKey;
use undertone_wire::guest::{BecomeAccountRequest, CreateGuestRequest, UserKind};
use undertone_wire::session::SessionGrant;
use undertone_wire::{ErrorCode, UserName};

/// So many challenges are answered before a server counts as too busy.
const PROOFS_MAX: u32 = 3;

/// What a guest typed to become an account.
#[derive(Debug, Clone)]
pub struct BecomeAccountInput {
    /// The wanted name, as typed.
    pub name: String,
    /// The password.
    pub password: Password,
    /// Where registration is by invitation.
    pub invitation: Option<String>,
}

impl Account {
    /// Makes a guest of this name, or of one that is drawn, and signs this device in. Not cancel safe:
    /// if it is dropped, or the answer lost, a guest whom nobody can use ends by itself.
    pub async fn become_guest(&self, name: Option<&str>) -> Result<(), AccountError> {
        self.require_nobody()?;
        let name = nickname(name, &mut OsRng)?;
        let identity = IdentityKey::generate()?;
        let whose = Whose {
            user: random_user(),
            kind: UserKind::Guest,
            name: &name,
        };
        let device = NewDevice::generate()?.certify(&identity, whose, self.platform.now())?;
        let request = CreateGuestRequest {
            user: whose.user,
            certificate: device.certificate.as_slice().into(),
            proof: None,
        };
        let grant = self.create_guest(request).await?;
        if grant.kind != UserKind::Guest {
            return Err(AccountError::ServerDisagrees);
        }
        let mut session = device.session(grant, identity.public())?;
        session.identity_seed = Some(identity.seed());
        self.begin(session)
    }

    /// Asks, and works where the server wants work first.
    async fn create_guest(&self, mut request: CreateGuestRequest) -> Result<SessionGrant, AccountError> {
        let mut proofs = 0;
        loop {
            let error = match self.api.create_guest(&request).await {
                Ok(grant) => return Ok(grant),
                Err(error) => error,
            };
            match challenge(&error) {
                Some(challenge) if proofs < PROOFS_MAX => {
                    proofs += 1;
                    request.proof = Some(solve(&*self.platform, challenge).await?);
                }
                _ => return Err(error.into()),
            }
        }
    }

    /// Makes an account of the guest who is signed in: same user, same conversations. Gives the recovery
    /// key, which is stored nowhere. If the answer is lost, the next renewal of the session brings it,
    /// and the password logs in.
    pub async fn become_account(&self, input: BecomeAccountInput) -> Result<RecoveryKey, AccountError> {
        let (guest, identity) = self.guest()?;
        let name = input.name.parse::<UserName>()?.for_account()?;
        input.password.require_strong(&name, &*self.platform).await?;
        let registered = self.register_password(&name, &input.password).await?;
        let recovery = RecoveryKey::generate(&mut OsRng);
        let whose = Whose {
            user: guest.user,
            kind: UserKind::Account,
            name: &name,
        };
        let device = NewDevice::again(&guest).certify(&identity, whose, self.platform.now())?;
        let vault = seal_vault(identity, guest.user, &registered.export_key, &recovery)?;
        let request = BecomeAccountRequest {
            name,
            record: registered.record.into(),
            recovery_public_key: recovery.public_bytes(),
            vault,
            certificate: device.certificate.as_slice().into(),
            invitation: input.invitation,
        };
        self.keep_next_certificate(&device.certificate)?;
        let grant = self
            .authorized(async |token| self.api.become_account(token, &request).await)
            .await?;
        self.accept_grant(grant)?;
        Ok(recovery)
    }

    fn guest(&self) -> Result<(StoredSession, IdentityKey), AccountError> {
        let stored = self.stored().ok_or(AccountError::SignedOut)?;
        let seed = stored.identity_seed.as_ref().ok_or(AccountError::NoGuest)?;
        let identity = IdentityKey::from_seed(seed);
        Ok((stored, identity))
    }
}

/// What the server wants to be solved, if that is why it refused.
fn challenge(error: &ApiError) -> Option<undertone_wire::guest::ProofChallenge> {
    let refusal = error
        .refusal()
        .filter(|body| body.code == ErrorCode::ProofRequired)?;
    refusal.proof.clone()
}
