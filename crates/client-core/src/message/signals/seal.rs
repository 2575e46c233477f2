//! Sealing a signal: XChaCha20-Poly1305 under the key of the sender's leaf and epoch, with a random nonce,
//! all of one length. It proves that a member of the group made it, not which one.
//!
//! The plaintext is the length of the CBOR in one byte, the CBOR, and zeros.

use crate::core::{Core, Me};
use crate::error::ClientError;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::RngCore;
use undertone_wire::limits::SIGNAL_BYTES;
use undertone_wire::signal::{SealedSignal, Signal};
use undertone_wire::{ConversationId, DeviceId, Epoch, UserId, codec};

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const PLAIN_BYTES: usize = SIGNAL_BYTES - NONCE_BYTES - TAG_BYTES;

/// Seals a signal of this device.
pub(super) fn seal(
    core: &Core,
    me: &Me,
    conversation: ConversationId,
    signal: Signal,
) -> Result<SealedSignal, ClientError> {
    let (epoch, key) = core.groups.with(conversation, |group, provider| {
        Ok((group.epoch(), group.signal_key(provider, group.own_leaf())?))
    })?;
    let mut nonce = [0; NONCE_BYTES];
    rand::rngs::OsRng.fill_bytes(&mut nonce);
    let plain = pad(&codec::to_cbor(&signal)?).ok_or(ClientError::MessageTooLong)?;
    let aad = authenticated(conversation, epoch, me.device);
    let payload = Payload {
        msg: &plain,
        aad: &aad,
    };
    let sealed = XChaCha20Poly1305::new((&*key).into())
        .encrypt(XNonce::from_slice(&nonce), payload)
        // It takes up to 256 GiB.
        .map_err(|_too_long| ClientError::MessageTooLong)?;
    Ok(SealedSignal {
        conversation,
        epoch,
        sender: me.device,
        sealed: [nonce.as_slice(), &sealed].concat().into(),
    })
}

/// Opens a signal of another member: who sent it, by the leaf of the device that the server names and
/// the key of that leaf. `None` if it is nobody's, of another epoch, or malformed.
pub(super) fn open(core: &Core, sealed: &SealedSignal) -> Result<Option<(UserId, Signal)>, ClientError> {
    let bytes = sealed.sealed.as_slice();
    let Some((nonce, ciphertext)) = bytes.split_first_chunk::<NONCE_BYTES>() else {
        return Ok(None);
    };
    if bytes.len() != SIGNAL_BYTES {
        return Ok(None);
    }
    let found = core.groups.with(sealed.conversation, |group, provider| {
        let members = group.members()?;
        let sender = members.iter().find(|member| member.device == sealed.sender);
        match sender.filter(|_| group.epoch() == sealed.epoch) {
            Some(sender) => Ok(Some((sender.user, group.signal_key(provider, sender.leaf)?))),
            None => Ok(None),
        }
    })?;
    let Some((user, key)) = found else {
        return Ok(None);
    };
    let aad = authenticated(sealed.conversation, sealed.epoch, sealed.sender);
    let payload = Payload {
        msg: ciphertext,
        aad: &aad,
    };
    let opened = XChaCha20Poly1305::new((&*key).into()).decrypt(XNonce::from_slice(nonce), payload);
    let signal = opened.ok().and_then(|plain| unpad(&plain));
    Ok(signal.map(|signal| (user, signal)))
}

fn authenticated(conversation: ConversationId, epoch: Epoch, sender: DeviceId) -> Vec<u8> {
    let epoch = epoch.0.to_be_bytes();
    [conversation.as_bytes().as_slice(), &epoch, sender.as_bytes()].concat()
}

fn pad(signal: &[u8]) -> Option<Vec<u8>> {
    let mut plain = vec![u8::try_from(signal.len()).ok()?];
    plain.extend_from_slice(signal);
    let fits = plain.len() <= PLAIN_BYTES;
    plain.resize(PLAIN_BYTES, 0);
    fits.then_some(plain)
}

fn unpad(plain: &[u8]) -> Option<Signal> {
    let (length, rest) = plain.split_first()?;
    let (signal, zeros) = rest.split_at_checked(usize::from(*length))?;
    if zeros.iter().any(|byte| *byte != 0) {
        return None;
    }
    codec::from_cbor(signal).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_wire::Timestamp;
    use undertone_wire::signal::Attention;

    #[test]
    fn every_signal_has_one_length_and_reads_back() {
        let end = Timestamp::from_millis(u64::MAX);
        let all = [
            Signal::Typing,
            Signal::StoppedTyping,
            Signal::Presence(Attention::Here),
            Signal::Presence(Attention::Away(end)),
            Signal::Presence(Attention::Gone(end)),
        ];
        for signal in all {
            let plain = pad(&codec::to_cbor(&signal).unwrap()).unwrap();
            assert_eq!(plain.len(), PLAIN_BYTES);
            assert_eq!(unpad(&plain), Some(signal));
        }
    }

    #[test]
    fn other_padding_is_refused() {
        let plain = pad(&codec::to_cbor(&Signal::Typing).unwrap()).unwrap();
        let mut with_news = plain.clone();
        with_news[PLAIN_BYTES - 1] = 1;
        let mut lying = plain.clone();
        lying[0] = 255;
        for bad in [&with_news[..], &lying, &plain[..3], b""] {
            assert_eq!(unpad(bad), None);
        }
        assert_eq!(pad(&[0; PLAIN_BYTES]), None);
    }
}
