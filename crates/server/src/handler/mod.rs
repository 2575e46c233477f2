//! One file for each topic of the API. A handler checks its input, calls one operation of the store
//! or of delivery, and answers; rules that need the database live there.

pub mod blob;
pub mod conversation;
pub mod device;
pub mod guest;
pub mod health;
pub mod invitation;
pub mod key_package;
pub mod login;
pub mod message;
pub mod people;
pub mod push;
pub mod recovery;
pub mod registration;
pub mod room;
pub mod server_info;
pub mod session;
pub mod setup;

mod certificate;
mod sign_in;
