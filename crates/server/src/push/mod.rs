//! Web Push (RFC 8030, 8291, 8292): how a device that is not connected learns that it should look. What is
//! sent is of constant size and says neither what, nor where, nor by whom.
//!
//! # Layout
//! - [`endpoint`]: whom the server calls, and whom it never calls
//! - [`vapid`]: the server's name towards push services
//! - [`sender`]: one push, and what became of it
//! - [`schedule`]: when which device is woken
//! - [`waker`]: the job that does it

pub(crate) mod endpoint;
mod schedule;
pub(crate) mod sender;
mod vapid;
pub(crate) mod waker;

pub use sender::{PushStartError, Pusher};
pub use waker::Waker;
