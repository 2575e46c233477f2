//! The client core for JavaScript: conversions only. It has no rules of its own, and is empty on any
//! other target than the browser's.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]

mod account;
mod client;
mod convert;
mod failure;
mod files;
mod input;
mod intent;
mod notify;
mod plain;
mod profile;
mod qr;
mod room;
mod search;
mod talk;

pub use client::Client;
pub use failure::Failure;
