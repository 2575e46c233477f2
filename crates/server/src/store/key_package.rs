//! The operations on key packages: added by their device, handed out once each. Whether a package is
//! a good one is judged before it gets here.

use super::conversation::on_both;
use super::{Store, StoreError};
use undertone_wire::key_package::{ClaimedKeyPackage, KeyPackageStock};
use undertone_wire::limits::KEY_PACKAGES_WANTED;
use undertone_wire::{Bytes, DeviceId, Timestamp, UserId};

/// Most single-use packages of one device: what it should have, and as many again under way.
pub(super) const STOCK_MAX: usize = 2 * KEY_PACKAGES_WANTED;

/// A checked package.
#[derive(Debug, Clone)]
pub struct NewKeyPackage {
    /// Its hash reference (RFC 9420 section 5.2).
    pub reference: [u8; 32],
    /// When nobody may use it any more.
    pub expires_at: Timestamp,
    /// TLS-encoded `KeyPackage`.
    pub key_package: Bytes,
}

/// What a device adds to its stock.
#[derive(Debug, Clone)]
pub struct NewStock {
    /// Which device.
    pub device: DeviceId,
    /// Single use. Packages that the server has or had already are passed over.
    pub single_use: Vec<NewKeyPackage>,
    /// Replaces the last resort.
    pub last_resort: Option<NewKeyPackage>,
}

/// Who asks for packages of whom.
#[derive(Debug, Clone, Copy)]
pub struct Claimer {
    /// The device that asks; it gets none of its own.
    pub device: DeviceId,
    /// Whose packages.
    pub target: UserId,
    /// The server's time.
    pub now: Timestamp,
}

/// The stock of the device is full; nothing was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the device has key packages enough")]
pub struct StockFull;

on_both! {
    /// Adds to a device's stock, all or nothing, and says what it holds then.
    key_package::add_key_packages(new: NewStock) -> Result<KeyPackageStock, StockFull>;
    /// What the server holds of a device.
    key_package::key_package_stock(device: DeviceId) -> KeyPackageStock;
    /// Takes one package of each of a user's devices out of the stock, the last resort where nothing
    /// else is left.
    key_package::claim_key_packages(claimer: Claimer) -> Vec<ClaimedKeyPackage>;
    /// The devices of a user, not revoked, of which the server can hand out a package.
    key_package::reachable_devices(user: UserId, now: Timestamp) -> Vec<DeviceId>;
}
