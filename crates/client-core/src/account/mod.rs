//! The user on this device: registering, logging in, staying signed in and logging out, with an account
//! or as a guest. It is not a place for messages, and keeps no password, and of accounts no identity
//! secret.
//!
//! # Layout
//! - `session`: [`Account`], who is signed in, and its tokens
//! - `registration`, `login`, `recovery`: how an account and a further device come to be
//! - `guest`, `nickname`, `proof_of_work`: people without an account
//! - `vault`, `recovery_key`, `password`: what protects the identity (design D6, D7)

mod derive;
mod error;
mod guest;
mod login;
mod nickname;
mod password;
mod proof_of_work;
mod recovery;
mod recovery_key;
mod registration;
mod session;
#[cfg(test)]
mod tests;
mod vault;

pub use error::AccountError;
pub use guest::BecomeAccountInput;
pub use nickname::suggest_nickname;
pub use password::{InvalidPassword, Password, PasswordStrength};
pub use recovery::RecoverInput;
pub use recovery_key::{InvalidRecoveryKey, RecoveryKey};
pub use registration::RegisterInput;
pub use session::{AccessToken, Account, Session};
pub use vault::VaultError;
