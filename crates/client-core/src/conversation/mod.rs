//! Conversations: beginning one, coming into one, the groups in memory, and the identity keys that
//! were pinned. What a running conversation's log brings is the business of `sync::inbox`.

pub(crate) mod groups;
pub(crate) mod join;
pub(crate) mod open_direct;
pub(crate) mod pin;
pub(crate) mod refresh_keys;
