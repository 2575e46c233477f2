//! Access tokens: EdDSA JWTs of ten minutes, bound to a device and a session. One algorithm is
//! accepted, whatever the token's header says. Whether the session is revoked is not asked here.

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::fmt;
use undertone_wire::limits::ACCESS_TOKEN_LIFE;
use undertone_wire::{DeviceId, Timestamp, UserId};

use super::SessionId;
use super::verified::Verified;

/// Who issues the tokens, and for whom: the server for itself.
pub const TOKEN_ISSUER: &str = "undertone";

/// The token is none that counts now: malformed, of another key or algorithm, or expired.
#[derive(Debug, thiserror::Error)]
pub enum InvalidToken {
    /// Not a token of this server.
    #[error("not a token of this server")]
    Foreign(#[source] Option<jsonwebtoken::errors::Error>),
    /// Its ten minutes are over.
    #[error("the token has expired")]
    Expired,
}

/// The token could not be made: the signing key does not serve.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The key cannot be written in the form that the library wants.
    #[error("the signing key cannot be encoded")]
    Key(#[source] ed25519_dalek::pkcs8::Error),
    /// The library failed.
    #[error("the token cannot be signed")]
    Token(#[source] jsonwebtoken::errors::Error),
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The user.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// The session.
    pub session: SessionId,
    /// When it ends, to the second.
    pub expires_at: Timestamp,
}

/// The claims as they stand in the token.
#[derive(Serialize, Deserialize)]
struct WrittenClaims {
    iss: String,
    aud: String,
    sub: String,
    dev: String,
    sid: String,
    iat: u64,
    exp: u64,
}

/// Makes and checks tokens with the server's key.
pub struct AccessTokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    verified: Verified,
}

impl AccessTokens {
    /// With the Ed25519 key of the key file.
    pub fn new(key: &SigningKey) -> Result<Self, SigningError> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[TOKEN_ISSUER]);
        validation.set_audience(&[TOKEN_ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library would ask the system's clock; ours is asked in `check`.
        validation.validate_exp = false;
        let document = key.to_pkcs8_der().map_err(SigningError::Key)?;
        Ok(Self {
            signing: EncodingKey::from_ed_der(document.as_bytes()),
            checking: DecodingKey::from_ed_der(key.verifying_key().as_bytes()),
            validation,
            verified: Verified::default(),
        })
    }

    /// Makes a token that ends [`ACCESS_TOKEN_LIFE`] after `now`.
    pub fn issue(
        &self,
        user: UserId,
        device: DeviceId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<(String, Timestamp), SigningError> {
        let issued_s = now.as_millis() / 1000;
        let expires_s = issued_s + ACCESS_TOKEN_LIFE.as_secs();
        let claims = WrittenClaims {
            iss: TOKEN_ISSUER.to_owned(),
            aud: TOKEN_ISSUER.to_owned(),
            sub: user.to_string(),
            dev: device.to_string(),
            sid: session.to_string(),
            iat: issued_s,
            exp: expires_s,
        };
        let header = Header::new(Algorithm::EdDSA);
        let token = jsonwebtoken::encode(&header, &claims, &self.signing).map_err(SigningError::Token)?;
        Ok((token, Timestamp::from_millis(expires_s * 1000)))
    }

    /// Checks signature, algorithm and time.
    pub fn check(&self, token: &str, now: Timestamp) -> Result<Claims, InvalidToken> {
        let claims = self.verified.claims(token, || self.verify(token))?;
        if claims.expires_at <= now {
            Err(InvalidToken::Expired)
        } else {
            Ok(claims)
        }
    }

    /// Checks signature and algorithm, and not the time.
    fn verify(&self, token: &str) -> Result<Claims, InvalidToken> {
        let decoded = jsonwebtoken::decode::<WrittenClaims>(token, &self.checking, &self.validation)
            .map_err(|error| InvalidToken::Foreign(Some(error)))?;
        let written = decoded.claims;
        let foreign = || InvalidToken::Foreign(None);
        Ok(Claims {
            user: written.sub.parse().map_err(|_| foreign())?,
            device: written.dev.parse().map_err(|_| foreign())?,
            session: written.sid.parse().map_err(|_| foreign())?,
            expires_at: Timestamp::from_millis(written.exp.saturating_mul(1000)),
        })
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessTokens(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64URL_NOPAD;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_500);

    fn tokens() -> AccessTokens {
        AccessTokens::new(&SigningKey::from_bytes(&[7; 32])).unwrap()
    }

    fn issue(tokens: &AccessTokens) -> (String, Timestamp) {
        let session = SessionId::try_from([3; 16].as_slice()).unwrap();
        tokens
            .issue(
                UserId::from_bytes([1; 16]),
                DeviceId::from_bytes([2; 16]),
                session,
                NOW,
            )
            .unwrap()
    }

    #[test]
    fn a_token_says_who_for_ten_minutes() {
        let tokens = tokens();
        let (token, expires_at) = issue(&tokens);
        assert_eq!(expires_at, Timestamp::from_millis(1_800_000_600_000));
        let claims = tokens.check(&token, NOW).unwrap();
        assert_eq!(claims.user, UserId::from_bytes([1; 16]));
        assert_eq!(claims.device, DeviceId::from_bytes([2; 16]));
        assert_eq!(claims.expires_at, expires_at);
        let last_moment = expires_at.minus(Duration::from_millis(1));
        assert!(tokens.check(&token, last_moment).is_ok());
        assert!(matches!(
            tokens.check(&token, expires_at),
            Err(InvalidToken::Expired)
        ));
    }

    #[test]
    fn another_key_is_refused() {
        let (token, _) = issue(&AccessTokens::new(&SigningKey::from_bytes(&[8; 32])).unwrap());
        assert!(matches!(
            tokens().check(&token, NOW),
            Err(InvalidToken::Foreign(Some(_)))
        ));
    }

    /// Algorithm confusion: "none", and HMAC with the public key as its secret.
    #[test]
    fn another_algorithm_is_refused() {
        let tokens = tokens();
        let (token, _) = issue(&tokens);
        let payload = token.split('.').nth(1).unwrap();
        let header = |json: &str| BASE64URL_NOPAD.encode(json.as_bytes());
        let unsigned = format!("{}.{payload}.", header(r#"{"alg":"none","typ":"JWT"}"#));
        assert!(tokens.check(&unsigned, NOW).is_err());

        let public = SigningKey::from_bytes(&[7; 32]).verifying_key();
        let claims: serde_json::Value =
            serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap();
        let secret = EncodingKey::from_secret(public.as_bytes());
        let hmac = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &secret).unwrap();
        assert!(tokens.check(&hmac, NOW).is_err());

        let signature = token.split('.').nth(2).unwrap();
        let relabelled = format!(
            "{}.{payload}.{signature}",
            header(r#"{"alg":"HS256","typ":"JWT"}"#)
        );
        assert!(tokens.check(&relabelled, NOW).is_err());
    }

    #[test]
    fn every_changed_or_missing_letter_is_refused() {
        let tokens = tokens();
        let (token, _) = issue(&tokens);
        assert!(tokens.check(&token, NOW).is_ok());
        for end in 0..token.len() {
            assert!(tokens.check(token.get(..end).unwrap(), NOW).is_err());
        }
        let (signed, _) = token.rsplit_once('.').unwrap();
        for position in 0..signed.len() {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            assert!(
                tokens.check(&String::from_utf8(changed).unwrap(), NOW).is_err(),
                "letter {position}"
            );
        }
    }
}
