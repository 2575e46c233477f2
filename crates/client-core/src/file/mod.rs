//! Files: sealed on this device, uploaded in pieces that can be resumed, opened where they are wanted.
//! It stores no messages (`message` does) and knows no screen.
//!
//! An own file goes through three places. It is read once, stripped of what it tells of the sender, sealed
//! and kept as ciphertext beside the store ([`send`]); from then on neither a reload nor a restart needs
//! its source again. The ciphertext goes to the server in pieces ([`upload`]). When the last one of a
//! message is there, the message is queued in the same transaction.

mod check;
mod download;
mod error;
pub(crate) mod kind;
pub(crate) mod name;
mod outgoing;
pub(crate) mod preview;
mod seal;
mod send;
mod source;
mod strip;
mod transfer;
mod upload;

pub use download::{Download, OpenedPicture};
pub use error::{FileError, SourceError};
pub use outgoing::Outgoing;
pub use preview::drawable_size;
pub use seal::OpenError;
pub use source::{FileSource, MemorySource};

pub(crate) use check::is_valid;
pub(crate) use download::picture;
pub(crate) use send::{forward, send_files};
pub(crate) use transfer::{
    cancel, deleted_for_everyone, pause, received, resume, resume_all, size_limit, withdrawn,
};
pub(crate) use upload::{Uploads, fail_interrupted, start};
