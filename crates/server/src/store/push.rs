//! The operations on push subscriptions: where devices are woken, and who is to be. What is sent there is
//! in [`crate::push`].

use super::column::Column;
use super::conversation::on_both;
use super::{Store, StoreError};
use std::collections::HashSet;
use std::fmt;
use undertone_wire::{ConversationId, DeviceId};

use crate::auth::SessionId;

/// Where and how a device is woken. `Debug` shows nothing of it: whoever knows it can wake the device.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceSubscription {
    /// Which device.
    pub device: DeviceId,
    /// An address of a push service.
    pub endpoint: String,
    /// The browser's key: an uncompressed point of P-256.
    pub public_key: [u8; 65],
    /// The browser's secret.
    pub auth: [u8; 16],
}

impl fmt::Debug for DeviceSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceSubscription(…)")
    }
}

on_both! {
    /// Stores a device's subscription in place of the one before. It ends with the session.
    push::put_subscription(session: SessionId, subscription: DeviceSubscription) -> ();
    /// Where a device is woken.
    push::subscription(device: DeviceId) -> Option<DeviceSubscription>;
    /// Ends a device's subscription.
    push::delete_subscription(device: DeviceId) -> ();
    /// Ends a device's subscription, if it is still the one at this address.
    push::forget_subscription(device: DeviceId, endpoint: String) -> ();
    /// For messages, each with its conversation and the device that sent it: the devices with a subscription
    /// of the conversation's other people.
    push::devices_to_wake(messages: HashSet<(ConversationId, DeviceId)>) -> HashSet<DeviceId>;
    /// Whether a device has a subscription, and something waits for it.
    push::is_waited_for(device: DeviceId) -> bool;
}

// Parameters are numbered as they first appear, so that both databases understand these as they stand.
/// A browser has one subscription: who was signed in there before has none any more.
pub(super) const CLEAR: &str = "delete from push_subscription where device_id = $1 or endpoint = $2";
pub(super) const INSERT: &str = "
    insert into push_subscription (device_id, session_id, endpoint, public_key, auth)
    values ($1, $2, $3, $4, $5)";
pub(super) const SELECT: &str = "
    select endpoint, public_key, auth from push_subscription where device_id = $1";
pub(super) const DELETE: &str = "delete from push_subscription where device_id = $1";
pub(super) const FORGET: &str = "delete from push_subscription where device_id = $1 and endpoint = $2";
/// Where nobody has one, nobody is looked for.
pub(super) const SELECT_ANY: &str = "select exists (select 1 from push_subscription)";
pub(super) const SELECT_TO_WAKE: &str = "
    select member.device_id from member
    join push_subscription on push_subscription.device_id = member.device_id
    where member.conversation_id = $1 and member.user_id is distinct from
        (select user_id from member where conversation_id = $1 and device_id = $2)";
pub(super) const SELECT_IS_WAITED_FOR: &str = "
    select exists (select 1 from push_subscription where device_id = $1) and (
        exists (select 1 from pending_welcome where device_id = $1)
        or exists (select 1 from member
            join conversation on conversation.conversation_id = member.conversation_id
            where member.device_id = $1 and member.cursor < conversation.head))";

/// Every statement, for the test that prepares them.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    CLEAR,
    INSERT,
    SELECT,
    DELETE,
    FORGET,
    SELECT_ANY,
    SELECT_TO_WAKE,
    SELECT_IS_WAITED_FOR,
];

/// Those that must be quick, for the test of their plans.
#[cfg(test)]
pub(super) const OFTEN: &[&str] = &[SELECT, CLEAR, SELECT_TO_WAKE, SELECT_IS_WAITED_FOR];

/// Reads the columns of a subscription.
pub(super) fn read(
    device: DeviceId,
    (endpoint, public_key, auth): (String, &[u8], &[u8]),
) -> Result<DeviceSubscription, StoreError> {
    let bad = |column: &'static str| move |_| Column("push_subscription", column).inconsistent();
    Ok(DeviceSubscription {
        device,
        endpoint,
        public_key: public_key.try_into().map_err(bad("public_key"))?,
        auth: auth.try_into().map_err(bad("auth"))?,
    })
}
