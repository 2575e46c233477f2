//! Logging in with the recovery key, when the password is forgotten: the key is shown, a new password
//! is set, every other session ends.

use crate::account::Vault;
use crate::{Bytes, LoginId, UserId, UserName};
use serde::{Deserialize, Serialize};

/// `POST /api/v1/recovery/start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartRecoveryRequest {
    /// Who.
    pub name: UserName,
}

/// The answer to [`StartRecoveryRequest`], of the same form for names that do not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartRecoveryResponse {
    /// To be sent back, within a minute and once.
    pub recovery: LoginId,
    /// 32 random bytes, to be signed.
    pub challenge: Bytes,
}

/// `POST /api/v1/recovery/prove`: shows the recovery key, and begins the new password. A name that does
/// not exist and a key that does not fit are both `wrong_credentials`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProveRecoveryRequest {
    /// From the start.
    pub recovery: LoginId,
    /// Ed25519 by the key that is derived from the recovery key, over
    /// [`ProveRecoveryRequest::signed_bytes`].
    pub signature: Bytes,
    /// The OPAQUE `RegistrationRequest` of the new password.
    pub request: Bytes,
}

impl ProveRecoveryRequest {
    /// What the recovery key's holder signs: a label, the challenge and the name's unique key.
    pub fn signed_bytes(name_key: &str, challenge: &[u8]) -> Vec<u8> {
        [
            b"Undertone recovery v1\0".as_slice(),
            challenge,
            name_key.as_bytes(),
        ]
        .concat()
    }
}

/// The answer to [`ProveRecoveryRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProveRecoveryResponse {
    /// Single use, valid for five minutes.
    pub ticket: String,
    /// Who.
    pub user: UserId,
    /// The name as it was registered.
    pub name: UserName,
    /// The identity key as the server knows it; the vault has the truth.
    pub identity_key: Bytes,
    /// To be opened by the recovery key.
    pub vault: Vault,
    /// The OPAQUE `RegistrationResponse` of the new password.
    pub response: Bytes,
}

/// `POST /api/v1/recovery/finish`: replaces the password, ends every session of the account, and
/// registers a device, in one transaction. Answered by [`crate::session::SessionGrant`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishRecoveryRequest {
    /// From [`ProveRecoveryResponse`].
    pub ticket: String,
    /// The OPAQUE `RegistrationRecord` of the new password.
    pub record: Bytes,
    /// The vault key, sealed under a key derived from the new OPAQUE export key.
    pub key_by_password: Bytes,
    /// CBOR of [`crate::device::DeviceCertificate`].
    pub certificate: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_challenge_and_one_name() {
        let signed = ProveRecoveryRequest::signed_bytes;
        assert_eq!(signed("ada", b"1234"), b"Undertone recovery v1\x001234ada");
        assert_ne!(signed("ada", &[1; 32]), signed("ada", &[2; 32]));
        assert_ne!(signed("ada", &[1; 32]), signed("bob", &[1; 32]));
    }
}
