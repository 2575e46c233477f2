//! The server's half. It stores a record from which the password can only be guessed, at the price
//! of one stretching for each guess, by whoever has the record and [`ServerSetup`].

use opaque_ke::{
    CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload, ServerLogin,
    ServerLoginParameters, ServerRegistration,
};
use rand::{CryptoRng, RngCore};
use std::fmt;
use zeroize::Zeroizing;

use crate::suite::{CONTEXT, Suite, lengths};
use crate::{Identifiers, OpaqueError, parse};

/// The server's secrets: OPRF seed, key pair, and the decoy key of accounts that do not exist. They
/// live in a key file outside the database; without them every password must be set anew.
#[derive(Clone)]
pub struct ServerSetup {
    setup: opaque_ke::ServerSetup<Suite>,
    decoy_record: Vec<u8>,
}

impl ServerSetup {
    /// Draws new secrets.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        Self::with_decoy(opaque_ke::ServerSetup::new(rng))
    }

    /// For the key file.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.setup.serialize().to_vec())
    }

    /// From the key file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OpaqueError> {
        parse(bytes, lengths::SERVER_SETUP, opaque_ke::ServerSetup::deserialize).map(Self::with_decoy)
    }

    /// The decoy record is only ever parsed, so that an unknown name costs as much time as a known
    /// one; the library answers for it with random values.
    fn with_decoy(setup: opaque_ke::ServerSetup<Suite>) -> Self {
        let mut decoy_record = setup.keypair().public().serialize().to_vec();
        decoy_record.resize(lengths::REGISTRATION_RECORD, 0);
        Self { setup, decoy_record }
    }
}

impl fmt::Debug for ServerSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSetup(…)")
    }
}

/// Answers a registration's first request. Nothing needs to be kept until the second.
pub fn start_registration(
    setup: &ServerSetup,
    request: &[u8],
    credential_identifier: &[u8],
) -> Result<Vec<u8>, OpaqueError> {
    let request = parse(
        request,
        lengths::REGISTRATION_REQUEST,
        RegistrationRequest::<Suite>::deserialize,
    )?;
    let started = ServerRegistration::start(&setup.setup, request, credential_identifier)?;
    Ok(started.message.serialize().to_vec())
}

/// Checks the record of a registration's second request and returns the password file to store.
pub fn finish_registration(record: &[u8]) -> Result<Vec<u8>, OpaqueError> {
    let record = parse(
        record,
        lengths::REGISTRATION_RECORD,
        RegistrationUpload::<Suite>::deserialize,
    )?;
    Ok(ServerRegistration::finish(record).serialize().to_vec())
}

/// What [`start_login`] needs to know.
#[derive(Clone, Copy)]
pub struct LoginStart<'a> {
    /// As stored at registration; `None` for a name that does not exist, which yields an answer that
    /// cannot be told from a real one.
    pub password_file: Option<&'a [u8]>,
    /// `KE1`.
    pub request: &'a [u8],
    /// The same as at registration.
    pub credential_identifier: &'a [u8],
    /// The same as the client's.
    pub identifiers: Identifiers<'a>,
}

/// What [`start_login`] yields.
pub struct LoginStarted {
    /// To be kept for [`finish_login`], and never shown.
    pub state: Zeroizing<Vec<u8>>,
    /// `KE2` for the client.
    pub response: Vec<u8>,
}

/// Answers `KE1`. Known and unknown names take the same path.
pub fn start_login<R: RngCore + CryptoRng>(
    rng: &mut R,
    setup: &ServerSetup,
    start: LoginStart<'_>,
) -> Result<LoginStarted, OpaqueError> {
    let request = parse(
        start.request,
        lengths::KE1,
        CredentialRequest::<Suite>::deserialize,
    )?;
    let record = start.password_file.unwrap_or(&setup.decoy_record);
    let record = parse(
        record,
        lengths::REGISTRATION_RECORD,
        ServerRegistration::<Suite>::deserialize,
    )?;
    let started = ServerLogin::start(
        rng,
        &setup.setup,
        start.password_file.map(|_| record),
        request,
        start.credential_identifier,
        parameters(start.identifiers),
    )?;
    Ok(LoginStarted {
        state: Zeroizing::new(started.state.serialize().to_vec()),
        response: started.message.serialize().to_vec(),
    })
}

/// Checks `KE3`: whether the client knows the password. [`OpaqueError::WrongPassword`] if not.
pub fn finish_login(
    state: &[u8],
    finalization: &[u8],
    identifiers: Identifiers<'_>,
) -> Result<(), OpaqueError> {
    let state = parse(state, lengths::LOGIN_STATE, ServerLogin::<Suite>::deserialize)?;
    let finalization = parse(
        finalization,
        lengths::KE3,
        CredentialFinalization::<Suite>::deserialize,
    )?;
    state.finish(finalization, parameters(identifiers))?;
    Ok(())
}

fn parameters(identifiers: Identifiers<'_>) -> ServerLoginParameters<'static, '_> {
    ServerLoginParameters {
        context: Some(CONTEXT),
        identifiers: identifiers.to_library(),
    }
}
