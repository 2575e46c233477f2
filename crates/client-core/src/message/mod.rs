//! Messages: what is inside, how long they look, and what is checked when one arrives.
//!
//! Nothing here stores or sends; `sync` does, with what these functions say.

pub(crate) mod compose;
pub(crate) mod history;
pub mod key;
pub mod padding;
pub(crate) mod send;
pub(crate) mod verify;
