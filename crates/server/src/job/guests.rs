//! Ends guests whose time is over: they are deleted, and whoever is still connected as one is told.

use crate::bus::Bus;
use crate::store::{Store, StoreError};
use undertone_wire::Timestamp;

/// Ends those whose time is over; says how many devices that were.
pub async fn end(store: &Store, bus: &Bus, now: Timestamp) -> Result<usize, StoreError> {
    let devices = store.end_guests(now).await?;
    for device in &devices {
        bus.close_sessions_of(*device);
    }
    Ok(devices.len())
}
