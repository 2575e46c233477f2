//! The whole client without a screen: accounts, conversations, sync and store, natively and in
//! WebAssembly. It is not a place for anything that is drawn, typed or printed.
//!
//! # Layout
//! - [`client`]: the facade; everything a screen, a terminal or a bot needs
//! - [`account`], `device`: who the user is, sessions, the vault, this device's keys
//! - `conversation`: opening and joining, identity keys that are pinned
//! - [`markup`]: what the text of a message means
//! - [`export`]: a conversation as a file
//! - [`file`]: sealing, uploading and opening files
//! - [`message`]: content, padding, what is checked on receipt
//! - [`people`]: profiles, names that look alike, requests of strangers, who is blocked
//! - `notify`: what is announced, and what only counts
//! - `sync`: the connection as a state machine, inbox, outbox, stock of key packages
//! - [`search`]: what a query means, what is found and where
//! - [`store`]: the encrypted database, the only place with SQL
//! - [`view`], [`change`]: plain data for screens, and the news of what changed
//! - [`platform`], [`transport`]: time, tasks and network, passed in
//! - [`testing`]: points at which a test may end the client

pub mod account;
pub mod change;
pub mod client;
mod conversation;
mod core;
mod device;
pub mod error;
pub mod export;
pub mod file;
pub mod json;
pub mod markup;
pub mod message;
mod notify;
pub mod people;
pub mod platform;
pub mod search;
mod signal;
pub mod store;
mod sync;
pub mod testing;
#[cfg(test)]
mod tests;
pub mod transport;
pub mod view;

pub use change::Change;
pub use client::{Client, ClientOptions};
pub use conversation::RoomCodeError;
pub use error::ClientError;
pub use message::key::MessageKey;
