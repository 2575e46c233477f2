//! Ends guests whose time is over: they are deleted, and whoever is still connected as one is told.

use crate::delivery::Hub;
use crate::store::{Store, StoreError};
use undertone_wire::Timestamp;

/// Ends those whose time is over; says how many devices that were.
pub async fn end(store: &Store, hub: &Hub, now: Timestamp) -> Result<usize, StoreError> {
    let devices = store.end_guests(now).await?;
    for device in &devices {
        hub.close_sessions_of(*device);
    }
    Ok(devices.len())
}
