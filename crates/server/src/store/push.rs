//! The operations on push subscriptions: where devices are woken, and who is to be. What is sent there is
//! in [`crate::push`].

use super::column::{Column, integer};
use super::conversation::on_both;
use super::{Store, StoreError};
use std::collections::HashSet;
use std::fmt;
use undertone_wire::push::PushWishes;
use undertone_wire::{ConversationId, DeviceId, Timestamp};

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
    /// For what a device with a subscription is woken, in place of what was before.
    push::put_wishes(device: DeviceId, wishes: PushWishes) -> ();
    /// For messages, each with its conversation and the device that sent it: the devices of the
    /// conversation's other people that are woken for it now.
    push::devices_to_wake(messages: HashSet<(ConversationId, DeviceId)>, now: Timestamp) -> HashSet<DeviceId>;
    /// Whether a device is woken for a Welcome now.
    push::is_woken_by_welcomes(device: DeviceId, now: Timestamp) -> bool;
    /// Whether something waits for a device that left then, and it is woken for that.
    push::is_waited_for(device: DeviceId, left: Timestamp) -> bool;
}

/// Whether it is no quiet hour of a subscription, at that minute of the day. Quiet hours may go over midnight.
macro_rules! awake {
    ($minute:literal) => {
        concat!(
            "(quiet_from is null or (quiet_from < quiet_to and (",
            $minute,
            " < quiet_from or ",
            $minute,
            " >= quiet_to)) or (quiet_from > quiet_to and ",
            $minute,
            " < quiet_from and ",
            $minute,
            " >= quiet_to))"
        )
    };
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
pub(super) const UPDATE_WISHES: &str = "
    update push_subscription set quiet_from = $1, quiet_to = $2, welcomes = $3 where device_id = $4";
pub(super) const DELETE_WISHES: &str = "delete from push_wish where device_id = $1";
/// Only with a subscription, and only of a member.
pub(super) const INSERT_WISH: &str = "
    insert into push_wish (not_before, conversation_id, device_id)
    select cast($1 as bigint), member.conversation_id, member.device_id from member
    join push_subscription on push_subscription.device_id = member.device_id
    where member.conversation_id = $2 and member.device_id = $3
    on conflict do nothing";
pub(super) const SELECT_TO_WAKE: &str = concat!(
    "
    select member.device_id from member
    join push_subscription on push_subscription.device_id = member.device_id
    join push_wish on push_wish.device_id = member.device_id
        and push_wish.conversation_id = member.conversation_id
    where member.conversation_id = $1 and member.user_id is distinct from
        (select user_id from member where conversation_id = $1 and device_id = $2)
        and (not_before is null or not_before <= $3)
        and ",
    awake!("$4")
);
pub(super) const SELECT_BY_WELCOMES: &str = concat!(
    "
    select exists (select 1 from push_subscription where device_id = $1 and welcomes
        and ",
    awake!("$2"),
    ")"
);
pub(super) const SELECT_IS_WAITED_FOR: &str = concat!(
    "
    select exists (select 1 from push_subscription where device_id = $1
        and ",
    awake!("$2"),
    "
        and (
            (welcomes and exists (select 1 from pending_welcome where device_id = $1))
            or exists (select 1 from push_wish
                join member on member.device_id = push_wish.device_id
                    and member.conversation_id = push_wish.conversation_id
                where push_wish.device_id = $1 and (not_before is null or not_before <= $3)
                    and exists (select 1 from log_entry
                        where log_entry.conversation_id = member.conversation_id and sequence > member.cursor
                            and kind = 2 and sent_at <= $3))))"
);

/// The minute of the day in UTC.
pub(super) fn minute(now: Timestamp) -> i64 {
    integer(now.as_millis() / 60_000 % (24 * 60))
}

/// Every statement, for the test that prepares them.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    CLEAR,
    INSERT,
    SELECT,
    DELETE,
    FORGET,
    SELECT_ANY,
    UPDATE_WISHES,
    DELETE_WISHES,
    INSERT_WISH,
    SELECT_TO_WAKE,
    SELECT_BY_WELCOMES,
    SELECT_IS_WAITED_FOR,
];

/// Those that must be quick, for the test of their plans.
#[cfg(test)]
pub(super) const OFTEN: &[&str] = &[
    SELECT,
    CLEAR,
    SELECT_TO_WAKE,
    SELECT_BY_WELCOMES,
    SELECT_IS_WAITED_FOR,
];

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
