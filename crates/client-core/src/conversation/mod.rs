//! Conversations: beginning one, coming into one, changing one, the groups in memory, and the identity
//! keys that were pinned. What a running conversation's log brings is the business of `sync::inbox`.
//!
//! # Layout
//! - `create`, `open_direct`: beginning; `join`: a Welcome; `external`: an external commit
//! - `returns`: how often an external commit may follow another
//! - `fresh_device`: both, for devices that came later
//! - `action`, `change`: the queue of wishes, and the commits that they become; `epoch`: what follows
//! - `intent`: what can be taken back before it becomes an action
//! - `certificate`: when a guest became an account
//! - `member`, `leave`, `terms`, `refresh_keys`: what people wish
//! - `room`, `room_secret`, `rotate`, `knock`: rooms and their links
//! - `claim`, `pin`: key packages and identity keys of others; `group_info`: by what others join
//! - `groups`: the groups in memory

pub(crate) mod action;
pub(crate) mod certificate;
pub(crate) mod change;
mod claim;
pub(crate) mod create;
pub(crate) mod ended;
pub(crate) mod epoch;
pub(crate) mod external;
pub(crate) mod fresh_device;
pub(crate) mod group_info;
pub(crate) mod groups;
pub(crate) mod intent;
pub(crate) mod join;
pub(crate) mod knock;
pub(crate) mod leave;
pub(crate) mod member;
pub(crate) mod open_direct;
pub(crate) mod pin;
pub(crate) mod refresh_keys;
pub(crate) mod returns;
pub(crate) mod room;
pub(crate) mod room_secret;
mod rotate;
pub(crate) mod terms;

pub use room_secret::RoomCodeError;
