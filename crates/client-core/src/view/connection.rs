//! Whether the server is reached, and what waits for it.

use crate::core::Core;
use crate::error::ClientError;
use crate::sync::status::Phase;
use serde::{Deserialize, Serialize};

/// The connection, for the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// On the way.
    Connecting,
    /// Live.
    Online,
    /// Not there; tried again by itself.
    Offline,
    /// Nobody is signed in.
    SignedOut,
}

/// Whether the server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    /// How it is.
    pub state: ConnectionState,
    /// Milliseconds until it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub retry_in_ms: Option<u64>,
    /// Messages that are not sent yet.
    pub waiting: u32,
}

/// Reads it.
pub(crate) fn connection(core: &Core) -> Result<ConnectionView, ClientError> {
    let now = core.platform.monotonic_ms();
    let (state, retry_in_ms) = match core.status.phase() {
        Phase::SignedOut => (ConnectionState::SignedOut, None),
        Phase::Connecting => (ConnectionState::Connecting, None),
        Phase::Online => (ConnectionState::Online, None),
        Phase::Waiting { until_ms } => (ConnectionState::Offline, Some(until_ms.saturating_sub(now))),
        Phase::Stopped if core.account.session().is_none() => (ConnectionState::SignedOut, None),
        Phase::Stopped => (ConnectionState::Offline, None),
    };
    let shown = u32::try_from(core.bubbles.borrow().len()).unwrap_or(u32::MAX);
    let waiting = core.store.outgoing_count()?.saturating_add(shown);
    Ok(ConnectionView {
        state,
        retry_in_ms,
        waiting,
    })
}
