//! What goes in and out of the core and has no view there, in the shape of TypeScript.

use crate::failure::Failure;
use serde::{Deserialize, Serialize};
use tsify::Tsify;
use undertone_client_core::account::{self, Password};
use undertone_wire::account::InvitationResponse;
use undertone_wire::server_info::{self, RegistrationPolicy};

/// What the server says about itself.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct ServerInfo {
    name: String,
    version: String,
    protocol_version: u16,
    registration: RegistrationPolicy,
    guests: bool,
    setup_open: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    ca_fingerprint: Option<String>,
}

impl From<server_info::ServerInfo> for ServerInfo {
    fn from(info: server_info::ServerInfo) -> Self {
        Self {
            name: info.name,
            version: info.version,
            protocol_version: info.protocol_version,
            registration: info.registration,
            guests: info.guests,
            setup_open: info.setup_open,
            ca_fingerprint: info.ca_fingerprint,
        }
    }
}

/// The first set-up of a server.
#[derive(Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetupInput {
    token: String,
    server_name: String,
    registration: RegistrationPolicy,
}

/// A new account.
#[derive(Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct RegisterInput {
    name: String,
    password: String,
    #[serde(default)]
    #[tsify(optional)]
    invitation: Option<String>,
    #[serde(default)]
    #[tsify(optional)]
    setup: Option<SetupInput>,
}

impl TryFrom<RegisterInput> for account::RegisterInput {
    type Error = Failure;

    fn try_from(input: RegisterInput) -> Result<Self, Failure> {
        let setup = input.setup.map(|setup| server_info::SetupRequest {
            token: setup.token,
            server_name: setup.server_name,
            registration: setup.registration,
        });
        Ok(Self {
            name: input.name,
            password: Password::new(input.password)?,
            invitation: input.invitation,
            setup,
        })
    }
}

/// What a guest needs who becomes an account.
#[derive(Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct BecomeAccountInput {
    name: String,
    password: String,
    #[serde(default)]
    #[tsify(optional)]
    invitation: Option<String>,
}

impl TryFrom<BecomeAccountInput> for account::BecomeAccountInput {
    type Error = Failure;

    fn try_from(input: BecomeAccountInput) -> Result<Self, Failure> {
        Ok(Self {
            name: input.name,
            password: Password::new(input.password)?,
            invitation: input.invitation,
        })
    }
}

/// An invitation that one person can use once.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct InvitationView {
    invitation: String,
    expires_at_ms: u64,
}

impl From<InvitationResponse> for InvitationView {
    fn from(made: InvitationResponse) -> Self {
        Self {
            invitation: made.invitation,
            expires_at_ms: made.expires_at.as_millis(),
        }
    }
}

/// How strong a password is.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct PasswordStrengthView {
    score: u8,
    acceptable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    hint: Option<String>,
}

impl From<account::PasswordStrength> for PasswordStrengthView {
    fn from(strength: account::PasswordStrength) -> Self {
        Self {
            score: strength.score,
            acceptable: strength.acceptable,
            hint: strength.hint,
        }
    }
}

/// A moment as JavaScript counts it; what is no moment is the first.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes the nearest u64 it can: negatives 0, the rest far below 2^53"
)]
pub(crate) fn milliseconds(milliseconds: f64) -> u64 {
    milliseconds as u64
}
