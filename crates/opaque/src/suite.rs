//! The one suite: its algorithms, the cost of a guess and the lengths of its messages. It is not
//! negotiated; another suite would be another protocol version.

use argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::errors::{InternalError, ProtocolError};
use opaque_ke::key_exchange::tripledh::TripleDh;
use opaque_ke::{CipherSuite, Ristretto255};
use sha2::Sha512;

use crate::OpaqueError;

/// OPAQUE-3DH with ristretto255-SHA512, HKDF and HMAC of SHA-512, Argon2id.
pub(crate) struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, Sha512>;
    type Ksf = Argon2<'static>;
}

/// Binds an exchange to this protocol: both sides must agree on it.
pub(crate) const CONTEXT: &[u8] = b"Undertone login v1";

/// Memory for one guess, in KiB.
const STRETCH_MEMORY_KIB: u32 = if cfg!(feature = "insecure-fast-stretch") {
    8
} else {
    64 * 1024
};
/// Passes over that memory.
const STRETCH_PASSES: u32 = if cfg!(feature = "insecure-fast-stretch") {
    1
} else {
    3
};

/// The stretching function with our costs.
pub(crate) fn stretch() -> Result<Argon2<'static>, OpaqueError> {
    let params = Params::new(STRETCH_MEMORY_KIB, STRETCH_PASSES, 1, None)
        .map_err(|_| OpaqueError::Failed(ProtocolError::LibraryError(InternalError::KsfError)))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// How long each message is, in bytes: nothing of another length is read.
pub mod lengths {
    /// `RegistrationRequest`: one element.
    pub const REGISTRATION_REQUEST: usize = 32;
    /// `RegistrationResponse`: one element and the server's public key.
    pub const REGISTRATION_RESPONSE: usize = 64;
    /// `RegistrationRecord`: public key, masking key, envelope.
    pub const REGISTRATION_RECORD: usize = 32 + 64 + 96;
    /// `KE1`: one element, nonce, key share.
    pub const KE1: usize = 96;
    /// `KE2`: element, masking nonce, masked response, nonce, key share, MAC.
    pub const KE2: usize = 32 + 32 + 128 + 32 + 32 + 64;
    /// `KE3`: a MAC.
    pub const KE3: usize = 64;
    /// What the server keeps between `KE2` and `KE3`.
    pub const LOGIN_STATE: usize = 128;
    /// The server's secrets: OPRF seed, private key, decoy public key.
    pub const SERVER_SETUP: usize = 64 + 32 + 32;
}
