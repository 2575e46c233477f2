//! Measures what groups of many sizes cost: time and bytes of a join, of a commit and of a message.
//!
//! It asserts no times: `cargo xtask bench` prints what it finds, and docs/performance.md says what was
//! found when. It uses `undertone-mls` directly, so that neither network nor disk is in the figures.
//!
//! # Layout
//! - `browser`: the same for JavaScript (feature `browser`)
//! - [`measure`]: figures, and how they are taken
//! - [`people`]: devices with certificates
//! - [`room`]: rooms of a wanted size, with a full tree and with an empty one
//! - [`groups`]: what is done in them and measured
//! - `search`: words in the store of a client (feature `search`)

#[cfg(feature = "browser")]
pub mod browser;
pub mod groups;
pub mod measure;
pub mod people;
pub mod room;
#[cfg(feature = "search")]
pub mod search;
