//! The device's half: it turns a password into requests, a record and an export key. The password
//! leaves this module in no form; it is wiped when the exchange ends.

use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialResponse, RegistrationResponse,
};
use rand::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::suite::{CONTEXT, Suite, lengths, stretch};
use crate::{Identifiers, OpaqueError, parse};

/// A registration between its two requests.
pub struct Registration {
    state: ClientRegistration<Suite>,
    password: Zeroizing<Vec<u8>>,
}

/// What a finished registration yields.
pub struct Registered {
    /// The `RegistrationRecord` for the server.
    pub record: Vec<u8>,
    /// A secret that only this password yields; the server never learns it.
    pub export_key: Zeroizing<Vec<u8>>,
}

impl Registration {
    /// Begins; the second value is the request for the server.
    pub fn start<R: RngCore + CryptoRng>(
        rng: &mut R,
        password: &[u8],
    ) -> Result<(Self, Vec<u8>), OpaqueError> {
        let started = ClientRegistration::<Suite>::start(rng, password)?;
        let request = started.message.serialize().to_vec();
        Ok((
            Self {
                state: started.state,
                password: Zeroizing::new(password.to_vec()),
            },
            request,
        ))
    }

    /// Makes the record. Costs one stretching of the password.
    pub fn finish<R: RngCore + CryptoRng>(
        self,
        rng: &mut R,
        response: &[u8],
        identifiers: Identifiers<'_>,
    ) -> Result<Registered, OpaqueError> {
        let response = parse(
            response,
            lengths::REGISTRATION_RESPONSE,
            RegistrationResponse::<Suite>::deserialize,
        )?;
        let stretch = stretch()?;
        let parameters = ClientRegistrationFinishParameters::new(identifiers.to_library(), Some(&stretch));
        let finished = self.state.finish(rng, &self.password, response, parameters)?;
        Ok(Registered {
            record: finished.message.serialize().to_vec(),
            export_key: Zeroizing::new(finished.export_key.to_vec()),
        })
    }
}

/// A login between its two requests.
pub struct Login {
    state: ClientLogin<Suite>,
    password: Zeroizing<Vec<u8>>,
}

/// What a login yields once the server's answer proved the password.
pub struct LoggedIn {
    /// `KE3` for the server.
    pub finalization: Vec<u8>,
    /// The same secret as at registration.
    pub export_key: Zeroizing<Vec<u8>>,
    /// A fresh secret that both sides share.
    pub session_key: Zeroizing<Vec<u8>>,
}

impl Login {
    /// Begins; the second value is `KE1` for the server.
    pub fn start<R: RngCore + CryptoRng>(
        rng: &mut R,
        password: &[u8],
    ) -> Result<(Self, Vec<u8>), OpaqueError> {
        let started = ClientLogin::<Suite>::start(rng, password)?;
        let request = started.message.serialize().to_vec();
        Ok((
            Self {
                state: started.state,
                password: Zeroizing::new(password.to_vec()),
            },
            request,
        ))
    }

    /// Checks the server's answer. [`OpaqueError::WrongPassword`] stands for an unknown name too.
    /// Costs one stretching of the password.
    pub fn finish<R: RngCore + CryptoRng>(
        self,
        rng: &mut R,
        response: &[u8],
        identifiers: Identifiers<'_>,
    ) -> Result<LoggedIn, OpaqueError> {
        let response = parse(response, lengths::KE2, CredentialResponse::<Suite>::deserialize)?;
        let stretch = stretch()?;
        let parameters =
            ClientLoginFinishParameters::new(Some(CONTEXT), identifiers.to_library(), Some(&stretch));
        let finished = self.state.finish(rng, &self.password, response, parameters)?;
        Ok(LoggedIn {
            finalization: finished.message.serialize().to_vec(),
            export_key: Zeroizing::new(finished.export_key.to_vec()),
            session_key: Zeroizing::new(finished.session_key.to_vec()),
        })
    }
}
