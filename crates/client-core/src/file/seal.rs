//! How the bytes of a file are sealed: padded to a size class, cut into segments, each encrypted with a
//! key of this file alone (STREAM over XChaCha20-Poly1305), behind a commitment to that key. Every segment
//! can be opened by itself. It reads no files and asks no server.
//!
//! | bytes | |
//! |---|---|
//! | 32 | the commitment |
//! | 65,536 + 16, again and again | a segment and its tag |
//! | the rest | the last segment, which says that it is the last, and its tag |

use chacha20poly1305::aead::generic_array::GenericArray;
use chacha20poly1305::aead::stream::{NewStream, StreamBE32, StreamPrimitive};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use rand::{CryptoRng, RngCore};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use undertone_wire::blob::{COMMITMENT_BYTES, SEGMENT_TAG_BYTES, padded_bytes, sealed_bytes};
use undertone_wire::limits::SEGMENT_BYTES;
use zeroize::Zeroizing;

/// The length of a file's key.
pub(crate) const KEY_BYTES: usize = 32;
/// A segment with its tag.
pub(crate) const SEALED_SEGMENT_BYTES: usize = SEGMENT_BYTES + SEGMENT_TAG_BYTES;
/// A nonce of `XChaCha20` without what STREAM puts behind it: a counter of four bytes, and one that says
/// whether the segment is the last.
const NONCE_PREFIX_BYTES: usize = 24 - 5;

const COMMITMENT_LABEL: &[u8] = b"Undertone file v1 commitment";
const KEY_LABEL: &[u8] = b"Undertone file v1 key";
const NONCE_LABEL: &[u8] = b"Undertone file v1 nonce";

/// Why sealed bytes cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// They were sealed with another key.
    #[error("the file was sealed with another key")]
    Commitment,
    /// A segment was changed, moved or cut off, or is not there.
    #[error("a segment of the file is not what was sealed")]
    Segment,
}

/// The keys of one file.
pub(crate) struct FileKeys {
    commitment: [u8; COMMITMENT_BYTES],
    stream: StreamBE32<XChaCha20Poly1305>,
    /// How it is cut.
    layout: Layout,
}

impl std::fmt::Debug for FileKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKeys(<redacted>)")
    }
}

/// Draws the key of a file.
pub(crate) fn make_key(rng: &mut (impl CryptoRng + RngCore)) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    rng.fill_bytes(key.as_mut_slice());
    key
}

impl FileKeys {
    /// The keys of a file of so many bytes that was given this key.
    pub(crate) fn derive(key: &[u8], size: u64) -> Self {
        let secret = Hkdf::<Sha256>::new(None, key);
        let mut commitment = [0; COMMITMENT_BYTES];
        let mut aead_key = Zeroizing::new([0; KEY_BYTES]);
        let mut nonce = [0; NONCE_PREFIX_BYTES];
        expand(&secret, COMMITMENT_LABEL, &mut commitment);
        expand(&secret, KEY_LABEL, aead_key.as_mut_slice());
        expand(&secret, NONCE_LABEL, &mut nonce);
        let cipher = XChaCha20Poly1305::new(GenericArray::from_slice(aead_key.as_slice()));
        Self {
            commitment,
            stream: StreamBE32::from_aead(cipher, GenericArray::from_slice(&nonce)),
            layout: Layout::of(size),
        }
    }

    /// How the file is cut.
    pub(crate) const fn layout(&self) -> Layout {
        self.layout
    }

    /// What stands before the segments.
    pub(crate) const fn commitment(&self) -> &[u8; COMMITMENT_BYTES] {
        &self.commitment
    }

    /// Whether the sealed file begins as one with this key does.
    pub(crate) fn check_commitment(&self, beginning: &[u8]) -> Result<(), OpenError> {
        let found = beginning.get(..COMMITMENT_BYTES).ok_or(OpenError::Commitment)?;
        if bool::from(found.ct_eq(&self.commitment)) {
            Ok(())
        } else {
            Err(OpenError::Commitment)
        }
    }

    /// Seals a segment: what of the file is in it, padded with zeros where the file ends.
    pub(crate) fn seal(&self, number: u32, content: &[u8]) -> Result<Vec<u8>, OpenError> {
        let length = self.layout.padded_segment(number).ok_or(OpenError::Segment)?;
        if content.len() != self.layout.content_of(number) {
            return Err(OpenError::Segment);
        }
        let mut buffer = Vec::with_capacity(length.saturating_add(SEGMENT_TAG_BYTES));
        buffer.extend_from_slice(content);
        buffer.resize(length, 0);
        let is_last = self.layout.is_last(number);
        self.stream
            .encrypt_in_place(number, is_last, &[], &mut buffer)
            .map_err(|_opaque| OpenError::Segment)?;
        Ok(buffer)
    }

    /// Opens a segment; gives what of the file is in it, without padding.
    pub(crate) fn open(&self, number: u32, sealed: Vec<u8>) -> Result<Vec<u8>, OpenError> {
        if self.layout.sealed_segment(number) != Some(sealed.len()) {
            return Err(OpenError::Segment);
        }
        let mut buffer = sealed;
        let is_last = self.layout.is_last(number);
        self.stream
            .decrypt_in_place(number, is_last, &[], &mut buffer)
            .map_err(|_opaque| OpenError::Segment)?;
        buffer.truncate(self.layout.content_of(number));
        Ok(buffer)
    }
}

#[expect(clippy::expect_used, reason = "HKDF-SHA-256 gives up to 8,160 bytes")]
fn expand(secret: &Hkdf<Sha256>, label: &[u8], out: &mut [u8]) {
    secret.expand(label, out).expect("a length that HKDF gives");
}

/// How a file of some length is cut into segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    size: u64,
    padded: u64,
}

impl Layout {
    /// Of a file of so many bytes.
    pub(crate) const fn of(size: u64) -> Self {
        Self {
            size,
            padded: padded_bytes(size),
        }
    }

    /// How many segments there are: at least one.
    pub(crate) fn segments(self) -> u32 {
        u32::try_from(self.padded.div_ceil(segment_bytes())).unwrap_or(u32::MAX)
    }

    /// Bytes of the sealed file.
    pub(crate) const fn sealed(self) -> u64 {
        sealed_bytes(self.size)
    }

    /// Where a sealed segment begins in the sealed file.
    pub(crate) fn offset_of(number: u32) -> u64 {
        let sealed_segment = u64::try_from(SEALED_SEGMENT_BYTES).unwrap_or(u64::MAX);
        let commitment = u64::try_from(COMMITMENT_BYTES).unwrap_or(u64::MAX);
        u64::from(number)
            .saturating_mul(sealed_segment)
            .saturating_add(commitment)
    }

    /// Where a segment's content begins in the file, which may be behind its end.
    pub(crate) fn begin_of(number: u32) -> u64 {
        u64::from(number).saturating_mul(segment_bytes())
    }

    /// How much of the file itself is in a segment: nothing, where there is padding alone.
    pub(crate) fn content_of(self, number: u32) -> usize {
        let left = self.size.saturating_sub(Layout::begin_of(number));
        usize::try_from(left.min(segment_bytes())).unwrap_or(SEGMENT_BYTES)
    }

    /// Bytes of a sealed segment, if there is one of this number.
    pub(crate) fn sealed_segment(self, number: u32) -> Option<usize> {
        self.padded_segment(number)
            .map(|length| length.saturating_add(SEGMENT_TAG_BYTES))
    }

    fn padded_segment(self, number: u32) -> Option<usize> {
        let left = self.padded.checked_sub(Layout::begin_of(number))?;
        let length = usize::try_from(left.min(segment_bytes())).ok()?;
        (length > 0).then_some(length)
    }

    fn is_last(self, number: u32) -> bool {
        number.saturating_add(1) == self.segments()
    }
}

fn segment_bytes() -> u64 {
    u64::try_from(SEGMENT_BYTES).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
