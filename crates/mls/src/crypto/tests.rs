//! Our suite's cryptography gives what the library's gives, and refuses every other suite.

use super::*;

const HASH: HashType = HashType::Sha2_256;
const AEAD: AeadType = AeadType::Aes128Gcm;
const SIGNATURE: SignatureScheme = SignatureScheme::ED25519;

fn both() -> (SuiteCrypto, RustCrypto) {
    (SuiteCrypto::default(), RustCrypto::default())
}

#[test]
fn hashes_ciphers_and_signatures_are_those_of_the_library() {
    let (ours, library) = both();
    let (key, nonce) = ([7; 16], [9; 12]);
    assert_eq!(
        ours.hkdf_extract(HASH, b"salt", b"key").unwrap(),
        library.hkdf_extract(HASH, b"salt", b"key").unwrap()
    );
    assert_eq!(
        ours.hkdf_expand(HASH, &[5; 32], b"info", 48).unwrap(),
        library.hkdf_expand(HASH, &[5; 32], b"info", 48).unwrap()
    );
    assert_eq!(
        ours.hmac(HASH, &key, b"text").unwrap(),
        library.hmac(HASH, &key, b"text").unwrap()
    );
    assert_eq!(
        ours.hash(HASH, b"text").unwrap(),
        library.hash(HASH, b"text").unwrap()
    );
    let sealed = ours.aead_encrypt(AEAD, &key, b"text", &nonce, b"aad").unwrap();
    assert_eq!(
        sealed,
        library.aead_encrypt(AEAD, &key, b"text", &nonce, b"aad").unwrap()
    );
    assert_eq!(
        ours.aead_decrypt(AEAD, &key, &sealed, &nonce, b"aad").unwrap(),
        b"text"
    );
    let (secret, public) = ours.signature_key_gen(SIGNATURE).unwrap();
    let signature = ours.sign(SIGNATURE, b"text", &secret).unwrap();
    library
        .verify_signature(SIGNATURE, b"text", &public, &signature)
        .unwrap();
    ours.verify_signature(SIGNATURE, b"text", &public, &signature)
        .unwrap();
    assert!(
        ours.verify_signature(SIGNATURE, b"TEXT", &public, &signature)
            .is_err()
    );
}

#[test]
fn what_one_seals_the_other_opens() {
    let (ours, library) = both();
    let config = || CIPHERSUITE.hpke_config();
    let pair = ours.derive_hpke_keypair(config(), &[3; 32]).unwrap();
    let same = library.derive_hpke_keypair(config(), &[3; 32]).unwrap();
    assert_eq!(pair.public, same.public);
    assert_eq!(*pair.private, *same.private);

    let (public, private) = (pair.public.as_slice(), &pair.private);
    let ciphers: [&dyn Fn() -> HpkeCiphertext; 2] = [
        &|| {
            ours.hpke_seal(config(), public, b"info", b"aad", b"text")
                .unwrap()
        },
        &|| {
            library
                .hpke_seal(config(), public, b"info", b"aad", b"text")
                .unwrap()
        },
    ];
    for seal in ciphers {
        let sealed = seal();
        assert_eq!(
            ours.hpke_open(config(), &sealed, private, b"info", b"aad")
                .unwrap(),
            b"text"
        );
        assert_eq!(
            library
                .hpke_open(config(), &sealed, private, b"info", b"aad")
                .unwrap(),
            b"text"
        );
        assert!(
            ours.hpke_open(config(), &sealed, private, b"info", b"other")
                .is_err()
        );
    }
    let (enc, exported) = ours
        .hpke_setup_sender_and_export(config(), public, b"info", b"context", 32)
        .unwrap();
    let received = library.hpke_setup_receiver_and_export(config(), &enc, private, b"info", b"context", 32);
    assert_eq!(exported.to_vec(), received.unwrap().to_vec());
    let received = ours.hpke_setup_receiver_and_export(config(), &enc, private, b"info", b"context", 32);
    assert_eq!(exported.to_vec(), received.unwrap().to_vec());
}

#[test]
fn no_other_suite_is_served() {
    let (ours, library) = both();
    let mut others = 0;
    for suite in library.supported_ciphersuites() {
        let served = suite == CIPHERSUITE;
        assert_eq!(ours.supports(suite).is_ok(), served, "{suite:?}");
        assert_eq!(
            ours.derive_hpke_keypair(suite.hpke_config(), &[3; 64]).is_ok(),
            served,
            "{suite:?}"
        );
        others += usize::from(!served);
    }
    assert!(others > 3);
    assert_eq!(ours.supported_ciphersuites(), [CIPHERSUITE]);
    assert!(ours.hash(HashType::Sha2_512, b"text").is_err());
    assert!(
        ours.aead_encrypt(AeadType::ChaCha20Poly1305, &[7; 32], b"text", &[9; 12], b"")
            .is_err()
    );
    assert!(
        ours.signature_key_gen(SignatureScheme::ECDSA_SECP256R1_SHA256)
            .is_err()
    );
}
