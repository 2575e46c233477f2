//! Secrets that the server hands out, and the hashes of them that it keeps. They are drawn at random
//! with at least 120 bits, so a plain SHA-256 is enough to store them by.

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use hmac::{Hmac, Mac};
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A session that is refreshed every few minutes has so many tokens before it ends by its age.
const GENERATIONS_MAX: u32 = 10_000;

/// The text is not a secret that this server could have handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a secret of this server")]
pub struct InvalidSecret;

/// One session of one device. Not a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// Draws one.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl TryFrom<&[u8]> for SessionId {
    type Error = InvalidSecret;
    fn try_from(bytes: &[u8]) -> Result<Self, InvalidSecret> {
        bytes.try_into().map(Self).map_err(|_| InvalidSecret)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl FromStr for SessionId {
    type Err = InvalidSecret;
    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let bytes = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| InvalidSecret)?;
        Self::try_from(bytes.as_slice())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

/// What is stored of a secret. Compared in constant time.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes a secret under a label, so that a secret of one kind is none of another.
    fn of(label: &[u8], secret: &[u8]) -> Self {
        Self(
            Sha256::new()
                .chain_update(label)
                .chain_update([0])
                .chain_update(secret)
                .finalize()
                .into(),
        )
    }

    /// Of a token of a room's link, which its holders hash alike: plain SHA-256.
    pub fn of_admission(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The token after the one with this hash. It is made of the hash, so that it can be told from the
    /// database and the key file what a device was given since.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn successor(self, session: SessionId, key: &[u8; 32]) -> RefreshToken {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length serves");
        mac.update(&session.0);
        mac.update(&self.0);
        RefreshToken {
            session,
            secret: Zeroizing::new(mac.finalize().into_bytes().into()),
        }
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl TryFrom<&[u8]> for TokenHash {
    type Error = InvalidSecret;
    fn try_from(bytes: &[u8]) -> Result<Self, InvalidSecret> {
        bytes.try_into().map(Self).map_err(|_| InvalidSecret)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// Names its session, so that a stale one can be told from a foreign one.
pub struct RefreshToken {
    session: SessionId,
    secret: Zeroizing<[u8; 32]>,
}

impl RefreshToken {
    /// Draws one for a session.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R, session: SessionId) -> Self {
        Self {
            session,
            secret: draw(rng),
        }
    }

    /// The one after it: always the same, so that an answer which got lost can be given again, however
    /// often it is asked for and in whatever order the requests arrive.
    pub(crate) fn successor(&self, key: &[u8; 32]) -> Self {
        self.hash().successor(self.session, key)
    }

    /// Whether this is one of the next tokens after the one with that hash: a database that went back to a
    /// backup knows an older one than the device has. The work is bounded by what a session can last.
    pub(crate) fn follows(&self, stored: TokenHash, key: &[u8; 32]) -> bool {
        let presented = self.hash();
        let mut next = stored;
        (0..GENERATIONS_MAX).any(|_| {
            next = next.successor(self.session, key).hash();
            next == presented
        })
    }

    /// Whose it claims to be.
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// What is stored.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(b"refresh", self.secret.as_slice())
    }

    /// What the device stores.
    pub fn to_text(&self) -> String {
        BASE64URL_NOPAD.encode(&[self.session.0.as_slice(), self.secret.as_slice()].concat())
    }
}

impl FromStr for RefreshToken {
    type Err = InvalidSecret;
    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let bytes = Zeroizing::new(decode(text, 48)?);
        let (session, secret) = bytes.split_at_checked(16).ok_or(InvalidSecret)?;
        let secret = Zeroizing::new(secret.try_into().map_err(|_| InvalidSecret)?);
        Ok(Self {
            session: SessionId::try_from(session)?,
            secret,
        })
    }
}

/// Lets one device register after a login.
pub struct Ticket(Zeroizing<[u8; 32]>);

impl Ticket {
    /// Draws one.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        Self(draw(rng))
    }

    /// What is stored.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(b"ticket", self.0.as_slice())
    }

    /// What is stored of one that only sets a new password.
    pub fn recovery_hash(&self) -> TokenHash {
        TokenHash::of(b"recovery ticket", self.0.as_slice())
    }

    /// What the client gets.
    pub fn to_text(&self) -> String {
        BASE64URL_NOPAD.encode(self.0.as_slice())
    }
}

impl FromStr for Ticket {
    type Err = InvalidSecret;
    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let bytes = Zeroizing::new(decode(text, 32)?);
        Ok(Self(Zeroizing::new(
            bytes.as_slice().try_into().map_err(|_| InvalidSecret)?,
        )))
    }
}

/// A secret that people may have to type: 24 letters and digits (120 bits) in groups of four. The
/// set-up token and invitations are such.
pub struct TypedCode(Zeroizing<[u8; 15]>);

impl TypedCode {
    /// Draws one.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        Self(draw(rng))
    }

    /// What is stored of a set-up token.
    pub fn setup_hash(&self) -> TokenHash {
        TokenHash::of(b"setup", self.0.as_slice())
    }

    /// What is stored of an invitation.
    pub fn invitation_hash(&self) -> TokenHash {
        TokenHash::of(b"invitation", self.0.as_slice())
    }

    /// What people see.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(29);
        for (index, letter) in BASE32_NOPAD
            .encode(self.0.as_slice())
            .to_ascii_lowercase()
            .char_indices()
        {
            if index > 0 && index % 4 == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }
}

impl FromStr for TypedCode {
    type Err = InvalidSecret;

    /// Capitals, spaces and dashes do not matter.
    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        if text.len() > 128 {
            return Err(InvalidSecret);
        }
        let letters: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let bytes = BASE32_NOPAD
            .decode(letters.to_ascii_uppercase().as_bytes())
            .map_err(|_| InvalidSecret)?;
        Ok(Self(Zeroizing::new(
            bytes.as_slice().try_into().map_err(|_| InvalidSecret)?,
        )))
    }
}

fn draw<const N: usize, R: RngCore + CryptoRng>(rng: &mut R) -> Zeroizing<[u8; N]> {
    let mut secret = Zeroizing::new([0; N]);
    rng.fill_bytes(secret.as_mut_slice());
    secret
}

fn decode(text: &str, length: usize) -> Result<Vec<u8>, InvalidSecret> {
    if text.len() != BASE64URL_NOPAD.encode_len(length) {
        return Err(InvalidSecret);
    }
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| InvalidSecret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn secrets_are_read_as_they_are_written() {
        let mut rng = StdRng::seed_from_u64(1);
        let session = SessionId::generate(&mut rng);
        let refresh = RefreshToken::generate(&mut rng, session);
        let again: RefreshToken = refresh.to_text().parse().unwrap();
        assert_eq!((again.session(), again.hash()), (session, refresh.hash()));
        let ticket = Ticket::generate(&mut rng);
        assert_eq!(ticket.to_text().parse::<Ticket>().unwrap().hash(), ticket.hash());
        assert_ne!(ticket.hash(), ticket.recovery_hash());
        assert_eq!(session.to_string().parse(), Ok(session));
    }

    #[test]
    fn a_refresh_token_has_one_successor() {
        let mut rng = StdRng::seed_from_u64(1);
        let session = SessionId::generate(&mut rng);
        let token = RefreshToken::generate(&mut rng, session);
        let next = token.successor(&[1; 32]);
        assert_eq!(next.session(), session);
        assert_eq!(next.hash(), token.successor(&[1; 32]).hash());
        let others = [
            token.hash(),
            token.successor(&[2; 32]).hash(),
            next.successor(&[1; 32]).hash(),
            RefreshToken::generate(&mut rng, session)
                .successor(&[1; 32])
                .hash(),
        ];
        assert!(!others.contains(&next.hash()));
        let elsewhere = RefreshToken {
            session: SessionId::generate(&mut rng),
            secret: token.secret.clone(),
        };
        assert_ne!(elsewhere.successor(&[1; 32]).hash(), next.hash());
        let third = next.successor(&[1; 32]);
        for (later, earlier) in [(&next, &token), (&third, &token), (&third, &next)] {
            assert!(later.follows(earlier.hash(), &[1; 32]));
            assert!(!earlier.follows(later.hash(), &[1; 32]));
            assert!(!later.follows(earlier.hash(), &[2; 32]));
        }
    }

    #[test]
    fn a_typed_code_forgives_how_it_is_typed() {
        let code = TypedCode::generate(&mut StdRng::seed_from_u64(2));
        let text = code.to_text();
        assert_eq!((text.len(), text.matches('-').count()), (29, 5));
        for typed in [
            text.clone(),
            text.to_uppercase(),
            text.replace('-', ""),
            format!("  {} ", text.replace('-', " ")),
        ] {
            assert_eq!(
                typed.parse::<TypedCode>().unwrap().setup_hash(),
                code.setup_hash(),
                "{typed}"
            );
        }
        assert_ne!(code.setup_hash(), code.invitation_hash());
    }

    #[test]
    fn nobody_types_a_code_of_more_than_128_characters() {
        let text = TypedCode::generate(&mut StdRng::seed_from_u64(2)).to_text();
        assert!(format!("{text:128}").parse::<TypedCode>().is_ok());
        assert!(format!("{text:129}").parse::<TypedCode>().is_err());
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "a",
            "abcd-efgh",
            &"a".repeat(1_000_000),
            "ä",
            "0189-0189-0189-0189-0189-0189",
        ] {
            assert!(text.parse::<TypedCode>().is_err());
            assert!(text.parse::<RefreshToken>().is_err());
            assert!(text.parse::<Ticket>().is_err());
            assert!(text.parse::<SessionId>().is_err());
        }
    }
}
