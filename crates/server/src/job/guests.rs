//! Ends guests whose time is over: they are deleted, and whoever is still connected as one is told.

use crate::state::AppState;
use crate::store::StoreError;

/// Ends those whose time is over by now; says how many devices that were.
pub async fn end(state: &AppState) -> Result<usize, StoreError> {
    let devices = state.store.end_guests(state.clock.now()).await?;
    for device in &devices {
        state.delivery.hub().close_sessions_of(*device);
    }
    Ok(devices.len())
}
