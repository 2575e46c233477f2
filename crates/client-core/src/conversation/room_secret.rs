//! The secret of a room's link (design D9): how it is drawn, written and read, and what is derived from
//! it. Who may come in by it is decided by the group, not here.

use super::room::KNOCKED;
use crate::core::Core;
use crate::error::ClientError;
use crate::store::conversation::Conversation;
use crate::store::room_secret::SecretBytes;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use undertone_mls::{Group, RoomPsk};
use undertone_wire::alphabet::BASE32;
use undertone_wire::content::{ConversationState, RoomSecret as SharedSecret};
use undertone_wire::group::Role;
use undertone_wire::limits::{ROOM_SECRET_BYTES, SEALED_STATE_BYTES_MAX};
use undertone_wire::room::{RoomLink, RoomRequest};
use undertone_wire::{ConversationId, RoomId, UserId, codec};
use zeroize::Zeroizing;

const ROOM_ID: &[u8] = b"undertone room id v1";
const ADMISSION: &[u8] = b"undertone room admission v1";
const STATE: &[u8] = b"undertone room state v1";
const PSK: &[u8] = b"undertone room psk v1";

/// Characters of a code, without what is between its groups.
const CODE_CHARS: usize = 24;
const GROUP_CHARS: usize = 4;
const NONCE_BYTES: usize = 24;
/// Between the server's address and the room's id.
const PATH: &str = "/r/";

/// Why a text is not the link or code of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoomCodeError {
    /// A link without what follows `#`.
    #[error("this link has lost its last part, after the #; ask for the whole link")]
    NoSecret,
    /// Not 24 characters.
    #[error("a code has 24 letters and digits; this one has {0}")]
    Length(usize),
    /// A character that no code has.
    #[error("a code has no “{0}”")]
    Character(char),
    /// The two halves of a link do not belong together.
    #[error("this link was changed on its way; ask for it again")]
    Mismatch,
}

/// The random part of a link.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RoomSecret(SecretBytes);

impl std::fmt::Debug for RoomSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomSecret(…)")
    }
}

impl RoomSecret {
    /// Draws one.
    pub(crate) fn random(rng: &mut (impl CryptoRng + RngCore)) -> Self {
        let mut bytes = Zeroizing::new([0; ROOM_SECRET_BYTES]);
        rng.fill_bytes(bytes.as_mut_slice());
        Self(bytes)
    }

    pub(crate) const fn from_bytes(bytes: SecretBytes) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(&self) -> &SecretBytes {
        &self.0
    }

    /// Reads a link, or a code as people type it.
    pub(crate) fn parse(text: &str) -> Result<Self, RoomCodeError> {
        let text = text.trim();
        let Some((_, path)) = text.split_once(PATH) else {
            return Self::parse_code(text.strip_prefix('#').unwrap_or(text));
        };
        let (room, secret) = path.split_once('#').ok_or(RoomCodeError::NoSecret)?;
        let secret = Self::parse_code(secret)?;
        let room: RoomId = room.parse().map_err(|_invalid| RoomCodeError::Mismatch)?;
        if room == secret.room() {
            Ok(secret)
        } else {
            Err(RoomCodeError::Mismatch)
        }
    }

    fn parse_code(text: &str) -> Result<Self, RoomCodeError> {
        let mut code = Zeroizing::new(String::with_capacity(CODE_CHARS));
        for typed in text.chars().filter(|typed| !is_between(*typed)) {
            let upper = typed.to_ascii_uppercase();
            let meant = match upper {
                // Base 32 has none of these; they are what is read where it has the others.
                '0' => 'O',
                '8' => 'B',
                other => other,
            };
            if !matches!(meant, 'A'..='Z' | '2'..='7') {
                return Err(RoomCodeError::Character(typed));
            }
            code.push(meant.to_ascii_lowercase());
        }
        if code.len() != CODE_CHARS {
            return Err(RoomCodeError::Length(code.len()));
        }
        let bytes = BASE32.decode(&code).map(Zeroizing::new);
        let bytes = bytes.and_then(|bytes| bytes.as_slice().try_into().ok());
        Ok(Self(Zeroizing::new(
            bytes.ok_or(RoomCodeError::Length(code.len()))?,
        )))
    }

    /// The code, to be typed: groups of four characters.
    pub(crate) fn code(&self) -> Zeroizing<String> {
        let plain = self.plain();
        let mut code = Zeroizing::new(String::with_capacity(CODE_CHARS.saturating_mul(2)));
        for (index, character) in plain.chars().enumerate() {
            if index > 0 && index.is_multiple_of(GROUP_CHARS) {
                code.push('-');
            }
            code.push(character);
        }
        code
    }

    /// The link on this server.
    pub(crate) fn link(&self, server: &str) -> Zeroizing<String> {
        let server = server.trim_end_matches('/');
        Zeroizing::new(format!("{server}{PATH}{}#{}", self.room(), self.plain().as_str()))
    }

    fn plain(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32.encode(self.0.as_slice()))
    }

    /// The room's public name.
    pub(crate) fn room(&self) -> RoomId {
        RoomId::from_bytes(*self.derive(ROOM_ID))
    }

    /// Shows the server that the link is known.
    pub(crate) fn request(&self) -> RoomRequest {
        RoomRequest {
            room: self.room(),
            admission_token: self.derive::<32>(ADMISSION).as_slice().into(),
        }
    }

    /// What the joining commit must contain.
    pub(crate) fn psk(&self, rotation: u32) -> RoomPsk {
        RoomPsk {
            rotation,
            secret: self.derive(PSK),
        }
    }

    /// What the server keeps of the link.
    pub(crate) fn server_side(
        &self,
        state: &ConversationState,
        rng: &mut (impl CryptoRng + RngCore),
    ) -> Result<RoomLink, ClientError> {
        let token = self.derive::<32>(ADMISSION);
        Ok(RoomLink {
            room: self.room(),
            admission_hash: Sha256::digest(token.as_slice()).as_slice().into(),
            sealed_state: self.seal_state(state, rng)?.into(),
        })
    }

    /// Seals what stands on the door.
    pub(crate) fn seal_state(
        &self,
        state: &ConversationState,
        rng: &mut (impl CryptoRng + RngCore),
    ) -> Result<Vec<u8>, ClientError> {
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let room = self.room();
        let plain = codec::to_cbor(state)?;
        let payload = Payload {
            msg: &plain,
            aad: room.as_bytes(),
        };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload);
        let sealed = sealed.map_err(|_too_long| ClientError::MessageTooLong)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what stands on the door.
    pub(crate) fn open_state(&self, sealed: &[u8]) -> Result<ConversationState, ClientError> {
        if sealed.len() > SEALED_STATE_BYTES_MAX {
            return Err(ClientError::Protocol(None));
        }
        let Some((nonce, sealed)) = sealed.split_at_checked(NONCE_BYTES) else {
            return Err(ClientError::Protocol(None));
        };
        let room = self.room();
        let payload = Payload {
            msg: sealed,
            aad: room.as_bytes(),
        };
        let plain = self.cipher().decrypt(XNonce::from_slice(nonce), payload);
        let plain = plain.map_err(|_forged| ClientError::Protocol(None))?;
        codec::from_cbor(&plain).map_err(|error| ClientError::Protocol(Some(error)))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key = self.derive::<32>(STATE);
        XChaCha20Poly1305::new(Key::from_slice(key.as_slice()))
    }

    fn derive<const N: usize>(&self, label: &[u8]) -> Zeroizing<[u8; N]> {
        let mut out = Zeroizing::new([0; N]);
        #[expect(clippy::expect_used, reason = "HKDF gives up to 8160 bytes")]
        Hkdf::<Sha256>::new(None, self.0.as_slice())
            .expand(label, out.as_mut_slice())
            .expect("a few bytes");
        out
    }
}

fn is_between(typed: char) -> bool {
    typed.is_whitespace() || matches!(typed, '-' | '‐' | '‑' | '–' | '—' | '.')
}

/// The secret of a room's current link, where this device has it.
pub(crate) fn current(core: &Core, conversation: &Conversation) -> Result<Option<RoomSecret>, ClientError> {
    let Some(rotation) = rotation(conversation) else {
        return Ok(None);
    };
    let stored = core.store.room_secret(conversation.id, rotation, None)?;
    Ok(stored.map(RoomSecret::from_bytes))
}

/// The number of a room's current link.
pub(crate) fn rotation(conversation: &Conversation) -> Option<u32> {
    let profile = conversation.profile.as_ref()?;
    profile.room.map(|room| room.rotation)
}

/// Keeps the secret of a rotation and its PSK. Belongs into a transaction.
pub(crate) fn keep(
    core: &Core,
    id: ConversationId,
    rotation: u32,
    secret: &RoomSecret,
) -> Result<(), ClientError> {
    core.store.save_room_secret(id, rotation, None, secret.bytes())?;
    let psk = secret.psk(rotation);
    core.groups
        .with_provider(|provider| Group::store_psk(provider, id, &psk))
}

/// A member tells the secret of a link. That of the present rotation is for those who came without a
/// link; that of the next counts when a commit of the same person names it.
pub(crate) fn received(
    core: &Core,
    conversation: &Conversation,
    sender: UserId,
    shared: &SharedSecret,
) -> Result<(), ClientError> {
    let (Some(profile), Some(present)) = (&conversation.profile, rotation(conversation)) else {
        return Ok(());
    };
    let Ok(bytes) = <[u8; ROOM_SECRET_BYTES]>::try_from(shared.secret.as_slice()) else {
        return Ok(());
    };
    if profile.role(sender) < Role::Admin {
        return Ok(());
    }
    let secret = RoomSecret::from_bytes(Zeroizing::new(bytes));
    if shared.rotation == present {
        // A secret that was named by a commit stays; that of a link used for knocking may be an older one.
        let id = conversation.id;
        let knocked = core.store.room_secret(id, KNOCKED, None)?.is_some();
        if knocked || current(core, conversation)?.is_none() {
            core.store.forget_room_secrets_before(id, present)?;
            keep(core, id, present, &secret)?;
        }
        return Ok(());
    }
    if Some(shared.rotation) == present.checked_add(1) {
        core.store
            .save_room_secret(conversation.id, shared.rotation, Some(sender), secret.bytes())?;
    }
    Ok(())
}

/// A commit named the next rotation: the secret of whoever made it counts from now on. Belongs into the
/// transaction of the commit.
pub(crate) fn rotated(
    core: &Core,
    id: ConversationId,
    rotation: u32,
    committer: UserId,
) -> Result<(), ClientError> {
    if let Some(secret) = core.store.room_secret(id, rotation, Some(committer))? {
        keep(core, id, rotation, &RoomSecret::from_bytes(secret))?;
    }
    core.store.forget_proposed_secrets(id, rotation)?;
    core.store.forget_room_secrets_before(id, rotation)?;
    let before = rotation.saturating_sub(1);
    core.groups
        .with_provider(|provider| Group::delete_psk(provider, id, before))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> RoomSecret {
        RoomSecret::from_bytes(Zeroizing::new([7; ROOM_SECRET_BYTES]))
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = secret().code();
        assert_eq!(code.as_str(), "a4dq-obyh-a4dq-obyh-a4dq-obyh");
        let shouted = code.to_uppercase().replace('-', " ");
        let sloppy = format!("  {}\n", code.replace('o', "0").replace('b', "8"));
        let link = secret().link("https://host/");
        for text in [code.as_str(), &shouted, &sloppy, link.as_str()] {
            assert_eq!(RoomSecret::parse(text), Ok(secret()), "{text}");
        }
        assert!(link.starts_with("https://host/r/"), "{}", link.as_str());
    }

    #[test]
    fn what_is_wrong_with_a_code_is_said() {
        let link = secret().link("https://host");
        let (without, _) = link.split_once('#').unwrap();
        let other = RoomSecret::from_bytes(Zeroizing::new([8; ROOM_SECRET_BYTES]));
        let mixed = format!("{without}#{}", other.code().as_str());
        for (text, error) in [
            ("", RoomCodeError::Length(0)),
            ("abcd-efgh", RoomCodeError::Length(8)),
            ("abcd-efg9", RoomCodeError::Character('9')),
            (without, RoomCodeError::NoSecret),
            (&mixed, RoomCodeError::Mismatch),
            ("https://host/r/zzz#abcd", RoomCodeError::Length(4)),
        ] {
            assert_eq!(RoomSecret::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn what_is_derived_is_independent_and_fixed() {
        let secret = secret();
        let request = secret.request();
        assert_eq!(request.room, secret.room());
        assert_ne!(
            request.admission_token.as_slice(),
            secret.psk(1).secret.as_slice()
        );
        let link = secret.server_side(&ConversationState::default(), &mut rand::rngs::OsRng);
        let hash = Sha256::digest(request.admission_token.as_slice());
        assert_eq!(link.unwrap().admission_hash.as_slice(), hash.as_slice());
        assert_eq!(secret.room().to_string(), "jvzm3aw7noxay3jfw4uc3ryklq");
    }

    #[test]
    fn the_state_on_the_door_opens_with_the_secret_alone() {
        let state = ConversationState {
            title: "Tea".to_owned(),
            ..ConversationState::default()
        };
        let sealed = secret().seal_state(&state, &mut rand::rngs::OsRng).unwrap();
        assert_eq!(secret().open_state(&sealed).unwrap(), state);
        let other = RoomSecret::from_bytes(Zeroizing::new([8; ROOM_SECRET_BYTES]));
        assert!(other.open_state(&sealed).is_err());
        assert!(secret().open_state(&sealed[1..]).is_err());
        assert!(secret().open_state(&[]).is_err());
    }
}
