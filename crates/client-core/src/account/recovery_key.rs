//! The recovery key: what it looks like on paper, and the keys that are made of it. Keeping it is the
//! user's business; it is shown once and stored nowhere.

use super::derive::derive_key;
use ed25519_dalek::SigningKey;
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use subtle::ConstantTimeEq;
use undertone_wire::alphabet::BASE32HEX;
use undertone_wire::{Bytes, UserId};
use zeroize::{ZeroizeOnDrop, Zeroizing};

const SECRET_BYTES: usize = 16;
const CHECK_BYTES: usize = 4;
const TEXT_CHARS: usize = 32;
const GROUP_CHARS: usize = 4;
/// Without I, L, O and U, which are taken for others or make words.
const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The alphabet of the codec, character by character.
const CODEC_ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

const CHECK_LABEL: &[u8] = b"Undertone recovery key check v1\0";
const WRAP_LABEL: &[u8] = b"Undertone vault key by recovery key v1\0";
const AUTHENTICATION_LABEL: &[u8] = b"Undertone recovery authentication v1\0";

/// 128 random bits that open the vault when the password is forgotten. `Debug` does not show them.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RecoveryKey([u8; SECRET_BYTES]);

/// What was typed is not a recovery key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecoveryKey {
    /// Not 8 groups of 4 letters or digits.
    #[error("a recovery key has 8 groups of 4 letters or digits")]
    Form,
    /// The check characters do not fit the others.
    #[error("there is a typing mistake in this recovery key")]
    Check,
}

impl RecoveryKey {
    /// A new one.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut secret = [0; SECRET_BYTES];
        rng.fill_bytes(&mut secret);
        Self(secret)
    }

    /// As people keep it: 8 groups of 4 characters, the last six and a half of which are a check.
    pub fn to_text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([self.0.as_slice(), &check(&self.0)].concat());
        let encoded = Zeroizing::new(BASE32HEX.encode(&bytes));
        let mut text = Zeroizing::new(String::with_capacity(TEXT_CHARS + TEXT_CHARS / GROUP_CHARS));
        for (index, c) in encoded.chars().enumerate() {
            if index > 0 && index % GROUP_CHARS == 0 {
                text.push('-');
            }
            text.extend(translate(c, CODEC_ALPHABET, ALPHABET));
        }
        text
    }

    /// The key under which the vault key is sealed.
    pub(crate) fn wrap_key(&self, user: UserId) -> Zeroizing<[u8; 32]> {
        derive_key(&self.0, &[WRAP_LABEL, user.as_bytes()].concat())
    }

    /// The key with which the holder proves to the server that it is the holder. The server keeps the
    /// public half.
    pub fn authentication_key(&self) -> SigningKey {
        SigningKey::from_bytes(&derive_key(&self.0, AUTHENTICATION_LABEL))
    }

    /// The public half of that key, as the server gets it.
    pub(super) fn public_bytes(&self) -> Bytes {
        let public = self.authentication_key().verifying_key();
        public.as_bytes().as_slice().into()
    }
}

impl FromStr for RecoveryKey {
    type Err = InvalidRecoveryKey;

    /// Reads what someone typed from paper: capitals or not, with or without dashes and spaces, O for
    /// 0, I or L for 1, U for V.
    fn from_str(typed: &str) -> Result<Self, InvalidRecoveryKey> {
        let mut encoded = Zeroizing::new(String::with_capacity(TEXT_CHARS));
        for c in typed
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2013}' | '.' | '_'))
        {
            let meant = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                'U' => 'V',
                other => other,
            };
            if encoded.len() == TEXT_CHARS {
                return Err(InvalidRecoveryKey::Form);
            }
            encoded.push(translate(meant, ALPHABET, CODEC_ALPHABET).ok_or(InvalidRecoveryKey::Form)?);
        }
        let decoded = BASE32HEX.decode(&encoded).map(Zeroizing::new);
        let decoded = decoded.ok_or(InvalidRecoveryKey::Form)?;
        let (secret, typed_check) = decoded
            .split_at_checked(SECRET_BYTES)
            .ok_or(InvalidRecoveryKey::Form)?;
        let secret: [u8; SECRET_BYTES] = secret
            .try_into()
            .map_err(|_wrong_length| InvalidRecoveryKey::Form)?;
        if typed_check.len() != CHECK_BYTES {
            return Err(InvalidRecoveryKey::Form);
        }
        let key = Self(secret);
        if bool::from(typed_check.ct_eq(&check(&key.0))) {
            Ok(key)
        } else {
            Err(InvalidRecoveryKey::Check)
        }
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

/// The first bytes of a hash: one typing mistake in four thousand million slips through.
fn check(secret: &[u8; SECRET_BYTES]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::new()
        .chain_update(CHECK_LABEL)
        .chain_update(secret)
        .finalize();
    let mut out = [0; CHECK_BYTES];
    out.iter_mut().zip(digest).for_each(|(out, byte)| *out = byte);
    out
}

/// The character of `to` at the place that `c` has in `from`.
fn translate(c: char, from: &str, to: &str) -> Option<char> {
    to.chars().nth(from.chars().position(|other| other == c)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USER: UserId = UserId::from_bytes([3; 16]);

    #[test]
    fn a_key_has_eight_groups_of_four() {
        let text = RecoveryKey([7; 16]).to_text();
        assert_eq!(text.as_str(), "0W3G-E1R7-0W3G-E1R7-0W3G-E1R7-0XNR-70XT");
        let groups: Vec<_> = text.split('-').map(str::len).collect();
        assert_eq!(groups, [4; 8]);
    }

    #[test]
    fn what_is_made_of_a_key_stays_the_same() {
        let key = RecoveryKey([7; 16]);
        assert_eq!(key.wrap_key(USER), key.clone().wrap_key(USER));
        assert_ne!(key.wrap_key(USER), key.wrap_key(UserId::from_bytes([4; 16])));
        assert_ne!(key.wrap_key(USER).as_slice(), key.authentication_key().to_bytes());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "0W3G",
            "ÄÖ3G-E1R7-0W3G-E1R7-0W3G-E1R7-0XNR-70XT",
            &"0".repeat(10_000),
        ] {
            assert_eq!(text.parse::<RecoveryKey>().unwrap_err(), InvalidRecoveryKey::Form);
        }
    }

    proptest! {
        #[test]
        fn every_key_can_be_typed_back_in_many_ways(secret: [u8; 16]) {
            let text = RecoveryKey(secret).to_text();
            let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l").replace('v', "u");
            for typed in [text.to_string(), text.replace('-', ""), sloppy] {
                prop_assert_eq!(typed.parse::<RecoveryKey>().unwrap().0, secret);
            }
        }

        #[test]
        fn a_typing_mistake_is_noticed(secret: [u8; 16], place in 0usize..32, shift in 1usize..32) {
            let text: Vec<char> = RecoveryKey(secret).to_text().replace('-', "").chars().collect();
            let mut typed = text.clone();
            let value = ALPHABET.find(typed[place]).unwrap();
            typed[place] = ALPHABET.chars().nth((value + shift) % 32).unwrap();
            let typed: String = typed.into_iter().collect();
            prop_assert_eq!(typed.parse::<RecoveryKey>().unwrap_err(), InvalidRecoveryKey::Check);
        }

        #[test]
        fn swapped_neighbours_are_noticed(secret: [u8; 16], place in 0usize..31) {
            let mut typed: Vec<char> = RecoveryKey(secret).to_text().replace('-', "").chars().collect();
            prop_assume!(typed[place] != typed[place + 1]);
            typed.swap(place, place + 1);
            let typed: String = typed.into_iter().collect();
            prop_assert_eq!(typed.parse::<RecoveryKey>().unwrap_err(), InvalidRecoveryKey::Check);
        }
    }
}
