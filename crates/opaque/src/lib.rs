//! Passwords that the server never sees: OPAQUE-3DH (RFC 9807) over Ristretto255 and SHA-512, with
//! Argon2id as the stretching function. Bytes in, bytes out.
//!
//! It is the only importer of `opaque-ke`, and knows nothing of accounts, vaults or transport.
//!
//! # Layout
//! - [`client`]: registration and login as the device runs them
//! - [`server`]: the other half, and the secrets that the server keeps outside its database
//!
//! Every input from outside is checked for its exact length before it is read; malformed input is
//! [`OpaqueError::Malformed`]. Comparisons in constant time are the library's.

pub mod client;
pub mod server;

mod suite;

use opaque_ke::errors::ProtocolError;

pub use suite::lengths;

/// The server's identifier in every exchange.
pub const SERVER_IDENTIFIER: &[u8] = b"undertone";

/// Names that both sides mix into the exchange (RFC 9807 section 6.1), so that a record made for one
/// account cannot serve another.
#[derive(Debug, Clone, Copy)]
pub struct Identifiers<'a> {
    client: &'a [u8],
}

impl<'a> Identifiers<'a> {
    /// For the account with this unique name key.
    pub fn new(client: &'a [u8]) -> Self {
        Self { client }
    }

    fn to_library(self) -> opaque_ke::Identifiers<'a> {
        opaque_ke::Identifiers {
            client: Some(self.client),
            server: Some(SERVER_IDENTIFIER),
        }
    }
}

/// Why an exchange stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpaqueError {
    /// The other side's bytes are not a message of this protocol.
    #[error("not a message of the password exchange")]
    Malformed(#[source] ProtocolError),
    /// The other side's bytes have the wrong length.
    #[error("not a message of the password exchange: {actual} bytes instead of {expected}")]
    Length {
        /// What the message has.
        expected: usize,
        /// What came.
        actual: usize,
    },
    /// The password is wrong, or the other side does not know the account.
    #[error("the password does not fit")]
    WrongPassword,
    /// The cryptographic library refused for a reason that is not the other side's.
    #[error("the password exchange failed")]
    Failed(#[source] ProtocolError),
}

impl From<ProtocolError> for OpaqueError {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::InvalidLoginError => Self::WrongPassword,
            ProtocolError::LibraryError(_) => Self::Failed(error),
            _ => Self::Malformed(error),
        }
    }
}

/// Reads bytes that came from outside: whatever is wrong with them is the sender's fault.
fn parse<T>(
    bytes: &[u8],
    expected: usize,
    read: impl FnOnce(&[u8]) -> Result<T, ProtocolError>,
) -> Result<T, OpaqueError> {
    if bytes.len() != expected {
        return Err(OpaqueError::Length {
            expected,
            actual: bytes.len(),
        });
    }
    read(bytes).map_err(OpaqueError::Malformed)
}
