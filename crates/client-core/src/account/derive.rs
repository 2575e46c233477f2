//! One secret made of another by HKDF (RFC 5869). What a secret is for stands in its label.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// 32 bytes of `secret` for the purpose that `info` names.
#[expect(
    clippy::expect_used,
    reason = "HKDF can expand to 32 bytes whatever the input"
)]
pub(super) fn derive_key(secret: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, secret)
        .expand(info, out.as_mut_slice())
        .expect("32 is less than 255 * 32");
    out
}
