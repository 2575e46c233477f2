//! Checking the certificate that a device registers with.

use undertone_mls::verify_certificate;
use undertone_wire::{Bytes, ErrorCode};

use crate::error::ApiError;
use crate::store::account::NewDevice;

/// Verifies the certificate's own signature. Whether it is the account's is judged with the account
/// at hand.
pub(super) fn check(certificate: Bytes) -> Result<NewDevice, ApiError> {
    let body = verify_certificate(certificate.as_slice())
        .map_err(|_| ApiError::of(ErrorCode::CertificateInvalid))?;
    Ok(NewDevice {
        body,
        certificate: certificate.0,
    })
}
