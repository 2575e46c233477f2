//! Messages: what is inside, what is checked when one arrives, how long they stay, and what else the
//! timeline shows.
//!
//! Nothing here talks to the server; `sync` does, with what these functions say.

pub(crate) mod clock;
pub(crate) mod compose;
pub mod draft;
pub mod emoji;
pub mod event;
pub(crate) mod history;
pub mod key;
pub(crate) mod pace;
pub mod padding;
pub(crate) mod read;
pub mod reaper;
pub(crate) mod receipt;
pub(crate) mod receive;
pub(crate) mod send;
pub(crate) mod share;
pub(crate) mod signals;
pub(crate) mod state;
pub(crate) mod talk;
pub(crate) mod task;
pub(crate) mod verify;
