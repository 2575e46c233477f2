//! HPKE (RFC 9180) of our one suite: X-Wing, HKDF-SHA256, AES-128-GCM. As in [`super`], the library's own
//! implementation does the work.

use hpke_rs::{Hpke, Mode};
use hpke_rs_crypto::HpkeCrypto;
use hpke_rs_crypto::error::Error;
use hpke_rs_crypto::types::{AeadAlgorithm, KdfAlgorithm, KemAlgorithm};
use hpke_rs_rust_crypto::HpkeRustCrypto;

/// What HPKE of our suite is made of.
#[derive(Debug)]
pub(super) struct OneSuiteHpke;

/// HPKE of our suite, in the one mode that MLS uses.
pub(super) fn hpke() -> Hpke<OneSuiteHpke> {
    Hpke::new(
        Mode::Base,
        KemAlgorithm::XWingDraft06,
        KdfAlgorithm::HkdfSha256,
        AeadAlgorithm::Aes128Gcm,
    )
}

type Pair = (Vec<u8>, Vec<u8>);

impl HpkeCrypto for OneSuiteHpke {
    type HpkePrng = <HpkeRustCrypto as HpkeCrypto>::HpkePrng;

    fn name() -> String {
        HpkeRustCrypto::name()
    }

    fn supports_kdf(kdf: KdfAlgorithm) -> Result<(), Error> {
        match kdf {
            KdfAlgorithm::HkdfSha256 => Ok(()),
            _ => Err(Error::UnknownKdfAlgorithm),
        }
    }

    fn supports_kem(kem: KemAlgorithm) -> Result<(), Error> {
        match kem {
            KemAlgorithm::XWingDraft06 => Ok(()),
            _ => Err(Error::UnknownKemAlgorithm),
        }
    }

    fn supports_aead(aead: AeadAlgorithm) -> Result<(), Error> {
        match aead {
            AeadAlgorithm::Aes128Gcm => Ok(()),
            _ => Err(Error::UnknownAeadAlgorithm),
        }
    }

    fn prng() -> Self::HpkePrng {
        HpkeRustCrypto::prng()
    }

    fn kdf_extract(kdf: KdfAlgorithm, salt: &[u8], ikm: &[u8]) -> Result<Vec<u8>, Error> {
        Self::supports_kdf(kdf)?;
        HpkeRustCrypto::kdf_extract(KdfAlgorithm::HkdfSha256, salt, ikm)
    }

    fn kdf_expand(kdf: KdfAlgorithm, prk: &[u8], info: &[u8], length: usize) -> Result<Vec<u8>, Error> {
        Self::supports_kdf(kdf)?;
        HpkeRustCrypto::kdf_expand(KdfAlgorithm::HkdfSha256, prk, info, length)
    }

    // X-Wing is no bare Diffie-Hellman: what follows from here to the KEM is for other suites.

    fn dh(_: KemAlgorithm, _: &[u8], _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(Error::UnknownKemAlgorithm)
    }

    fn secret_to_public(_: KemAlgorithm, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(Error::UnknownKemAlgorithm)
    }

    fn dh_validate_sk(_: KemAlgorithm, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(Error::UnknownKemAlgorithm)
    }

    fn kem_key_gen(kem: KemAlgorithm, prng: &mut Self::HpkePrng) -> Result<Pair, Error> {
        Self::supports_kem(kem)?;
        HpkeRustCrypto::kem_key_gen(KemAlgorithm::XWingDraft06, prng)
    }

    fn kem_key_gen_derand(kem: KemAlgorithm, seed: &[u8]) -> Result<Pair, Error> {
        Self::supports_kem(kem)?;
        HpkeRustCrypto::kem_key_gen_derand(KemAlgorithm::XWingDraft06, seed)
    }

    fn kem_encaps(kem: KemAlgorithm, pk_r: &[u8], prng: &mut Self::HpkePrng) -> Result<Pair, Error> {
        Self::supports_kem(kem)?;
        HpkeRustCrypto::kem_encaps(KemAlgorithm::XWingDraft06, pk_r, prng)
    }

    fn kem_decaps(kem: KemAlgorithm, ct: &[u8], sk_r: &[u8]) -> Result<Vec<u8>, Error> {
        Self::supports_kem(kem)?;
        HpkeRustCrypto::kem_decaps(KemAlgorithm::XWingDraft06, ct, sk_r)
    }

    fn aead_seal(
        aead: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        associated: &[u8],
        message: &[u8],
    ) -> Result<Vec<u8>, Error> {
        Self::supports_aead(aead)?;
        HpkeRustCrypto::aead_seal(AeadAlgorithm::Aes128Gcm, key, nonce, associated, message)
    }

    fn aead_open(
        aead: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        associated: &[u8],
        message: &[u8],
    ) -> Result<Vec<u8>, Error> {
        Self::supports_aead(aead)?;
        HpkeRustCrypto::aead_open(AeadAlgorithm::Aes128Gcm, key, nonce, associated, message)
    }
}
