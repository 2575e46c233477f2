//! The account on this device: registering, logging in, staying signed in and logging out. It is not
//! a place for messages, and keeps no password and no identity secret.
//!
//! # Layout
//! - `session`: [`Account`], who is signed in, and its tokens
//! - `registration`, `login`: how an account and a further device come to be
//! - `vault`, `recovery_key`, `password`: what protects the identity (design D6, D7)

mod derive;
mod error;
mod login;
mod password;
mod recovery_key;
mod registration;
mod session;
#[cfg(test)]
mod tests;
mod vault;

pub use error::AccountError;
pub use password::{InvalidPassword, Password, PasswordStrength};
pub use recovery_key::{InvalidRecoveryKey, RecoveryKey};
pub use registration::RegisterInput;
pub use session::{AccessToken, Account, Session};
pub use vault::VaultError;
