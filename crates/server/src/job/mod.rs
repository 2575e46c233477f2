//! Work that nobody asks for: it runs by the clock until the server stops.

pub mod blobs;
pub mod guests;
pub mod retention;
