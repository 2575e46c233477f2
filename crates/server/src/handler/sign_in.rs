//! What signing in by password and by recovery key have in common: the same patience, and the same words
//! for whoever is late. The exchanges themselves are in `login` and `recovery`.

use crate::error::ApiError;
use std::time::Duration;
use undertone_wire::ErrorCode;

/// How long a ticket is good for: to register a device, or to think of a new password.
pub(super) const TICKET_LIFE: Duration = Duration::from_mins(5);
/// How long to wait when more exchanges are under way than are kept.
const CROWDED_WAIT: Duration = Duration::from_secs(5);

/// More exchanges are under way than are kept.
pub(super) fn crowded() -> ApiError {
    ApiError::rate_limited(CROWDED_WAIT)
}

/// The exchange that this request goes on with is over, or never was.
pub(super) fn too_late() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "This sign-in took too long. Begin again.")
}
