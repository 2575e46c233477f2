//! The server's name towards push services (RFC 8292): a key pair, and tokens signed with it. The key is
//! derived from the key file, so that subscriptions outlive a restart and no other key has to be kept.

use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::EncodePrivateKey;
use reqwest::Url;
use serde::Serialize;
use sha2::Sha256;
use std::fmt;
use std::time::Duration;
use undertone_wire::Timestamp;
use zeroize::Zeroizing;

/// A token is good for so long; push services take no more than a day.
const TOKEN_LIFE: Duration = Duration::from_hours(12);

/// The key does not serve.
#[derive(Debug, thiserror::Error)]
pub enum VapidError {
    /// No key came out of the seed: this happens to one in 2^32 seeds, and then to one in 2^32 again.
    #[error("no key can be derived")]
    Derivation,
    /// It cannot be written in the form that the library wants.
    #[error("the key cannot be encoded")]
    Encoding(#[source] p256::pkcs8::Error),
    /// The token was not signed.
    #[error("the token cannot be signed")]
    Token(#[source] jsonwebtoken::errors::Error),
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: String,
    exp: u64,
    sub: &'a str,
}

/// The server's key pair.
pub(super) struct Vapid {
    signing: EncodingKey,
    public: Vec<u8>,
    contact: String,
}

impl Vapid {
    /// With the key that follows from this secret. `contact` is whom push services may write to.
    pub(super) fn derive(secret: &[u8; 32], contact: String) -> Result<Self, VapidError> {
        let key = derive_key(secret).ok_or(VapidError::Derivation)?;
        let document = key.to_pkcs8_der().map_err(VapidError::Encoding)?;
        Ok(Self {
            signing: EncodingKey::from_ec_der(document.as_bytes()),
            public: key.public_key().to_encoded_point(false).as_bytes().to_vec(),
            contact,
        })
    }

    /// An uncompressed point, for `PushManager.subscribe`.
    pub(super) fn public_key(&self) -> &[u8] {
        &self.public
    }

    /// The `Authorization` for a push service.
    pub(super) fn authorization(&self, endpoint: &Url, now: Timestamp) -> Result<String, VapidError> {
        let claims = Claims {
            aud: endpoint.origin().ascii_serialization(),
            exp: now.plus(TOKEN_LIFE).as_millis() / 1000,
            sub: &self.contact,
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &self.signing)
            .map_err(VapidError::Token)?;
        Ok(format!(
            "vapid t={token}, k={}",
            BASE64URL_NOPAD.encode(&self.public)
        ))
    }
}

impl fmt::Debug for Vapid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vapid(…)")
    }
}

/// Not every 32 bytes are a key of the curve; nearly all are.
fn derive_key(secret: &[u8; 32]) -> Option<SecretKey> {
    let seed = Hkdf::<Sha256>::new(None, secret);
    (0..8_u8).find_map(|attempt| {
        let mut bytes = Zeroizing::new([0; 32]);
        seed.expand(
            &[b"undertone vapid v1", [attempt].as_slice()].concat(),
            bytes.as_mut_slice(),
        )
        .ok()?;
        SecretKey::from_slice(bytes.as_slice()).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_500);

    fn vapid(byte: u8) -> Vapid {
        Vapid::derive(&[byte; 32], "mailto:ada@example.org".to_owned()).unwrap()
    }

    #[test]
    fn the_same_secret_gives_the_same_key() {
        assert_eq!(vapid(1).public_key(), vapid(1).public_key());
        assert_ne!(vapid(1).public_key(), vapid(2).public_key());
        assert_eq!(vapid(1).public_key().len(), 65);
        assert_eq!(format!("{:?}", vapid(1)), "Vapid(…)");
    }

    #[test]
    fn a_token_is_for_one_push_service_and_half_a_day() {
        let vapid = vapid(1);
        let endpoint = Url::parse("https://push.example:8443/send/secret?x").unwrap();
        let header = vapid.authorization(&endpoint, NOW).unwrap();
        let (token, key) = header
            .strip_prefix("vapid t=")
            .and_then(|rest| rest.split_once(", k="))
            .unwrap();
        assert_eq!(
            BASE64URL_NOPAD.decode(key.as_bytes()).unwrap(),
            vapid.public_key()
        );
        let checking = DecodingKey::from_ec_der(vapid.public_key());
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&["https://push.example:8443"]);
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Value>(token, &checking, &validation)
            .unwrap()
            .claims;
        assert_eq!(claims["exp"], 1_800_000_000 + 12 * 3600);
        assert_eq!(claims["sub"], "mailto:ada@example.org");
        assert!(!header.contains("secret"));
    }
}
