//! The server: accounts, key packages, delivery, sessions and the web page, as a library without a
//! main. [`start`] runs one; the `serve` command and the tests call it.
//!
//! It holds no key that opens content, and depends on no client.
//!
//! # Layout
//! - [`config`], [`key_file`], [`tls`], [`clock`]: what a server is started with
//! - [`server`]: its start, listeners, jobs and end
//! - [`router`], [`handler`], [`error`], [`web`], [`telemetry`], [`metrics`]: HTTP
//! - [`auth`], [`rate_limit`]: who is calling, and how fast they may
//! - [`stream`], [`delivery`], [`bus`], [`franking`]: the message plane
//! - [`push`]: waking those who are not connected
//! - [`store`], [`blob`], [`job`]: what is kept, and for how long
//! - [`backup`], [`maintenance`]: what an administrator asks for from outside
//! - [`checkpoint`]: points at which a test may kill it

pub mod auth;
pub mod backup;
pub mod blob;
pub mod bus;
pub mod checkpoint;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod error;
pub mod franking;
pub mod handler;
pub mod job;
pub mod key_file;
mod listener;
pub mod maintenance;
pub mod metrics;
pub mod push;
pub mod rate_limit;
pub mod router;
pub mod server;
pub mod state;
pub mod store;
pub mod stream;
pub mod telemetry;
pub mod tls;
pub mod web;

#[cfg(test)]
mod plane_tests;
#[cfg(test)]
mod tests;

pub use checkpoint::Checkpoints;
pub use config::Config;
pub use server::{Environment, RunningServer, StartError, start};
