//! Keeping level with the server: the connection, what comes in, what goes out, and the stock of key
//! packages. Rules of single messages are in `message`, those of groups in `conversation` and `mls`.

pub(crate) mod backoff;
pub(crate) mod connection;
pub(crate) mod inbox;
mod inbox_entry;
mod live;
pub(crate) mod outbox;
mod pending;
mod resync;
mod rollback;
pub(crate) mod status;
pub(crate) mod stock;

pub(crate) use connection::{catch_up, start, stop};
