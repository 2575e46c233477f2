//! Whole requests through the router, without sockets and with a clock that stands, on both databases.

mod guest;
mod guest_account;
mod limits;
mod login;
pub(crate) mod logs;
mod people;
mod recovery;
mod registration;
mod session;
mod start;
mod stranger;
mod world;
