//! Who is signed in.

use crate::core::Core;
use serde::{Deserialize, Serialize};
use undertone_wire::guest::UserKind;
use undertone_wire::{DeviceId, Timestamp, UserId};

/// Who is signed in on this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum SessionView {
    /// Nobody. With `ended`, the server ended the session of someone whose messages are still here.
    SignedOut {
        /// Whether a session was ended by the server.
        ended: bool,
        /// Whether it was a guest's whose time is over: nothing of them is here.
        guest_ended: bool,
    },
    /// Someone.
    SignedIn {
        /// Who.
        user: UserId,
        /// The name as it was registered.
        name: String,
        /// This device.
        device: DeviceId,
        /// Whether they administer the server.
        is_admin: bool,
        /// Account or guest.
        kind: UserKind,
        /// Of a guest: when they end unless they stay, in milliseconds since 1970.
        stay_until_ms: Option<u64>,
        /// The server's address.
        server: String,
        /// 0 to 11.
        identity_colour: u8,
        /// 0 to 5.
        identity_shape: u8,
    },
}

/// What a registration gives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct RegisteredView {
    /// Who is signed in now.
    pub session: SessionView,
    /// Shown once, kept by the user alone.
    pub recovery_key: String,
}

impl std::fmt::Debug for RegisteredView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisteredView")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// Reads it.
pub(crate) fn session(core: &Core) -> SessionView {
    match core.account.session() {
        None => SessionView::SignedOut {
            ended: core.account.is_ended(),
            guest_ended: core.account.is_guest_ended(),
        },
        Some(session) => {
            let look = super::IdentityLook::of(session.user);
            SessionView::SignedIn {
                user: session.user,
                name: session.name.as_str().to_owned(),
                device: session.device,
                is_admin: session.is_admin,
                kind: session.kind,
                stay_until_ms: session.stay_until.map(Timestamp::as_millis),
                server: core.server_url.clone(),
                identity_colour: look.colour,
                identity_shape: look.shape,
            }
        }
    }
}
