//! For tests: a member, or somebody who joins, whose program makes commits that the server cannot tell
//! from good ones and that others cannot process (design D3, *no bricks*). Nothing of it ships: it is
//! behind the feature `testing`.

use super::{ExternalJoin, ExternallyJoined, Group, GroupError, MlsDevice, PendingCommit, failed};
use crate::crypto::SuiteCrypto;
use crate::storage::{KeyValue, Provider};
use openmls::prelude::OpenMlsProvider as _;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig, HpkeKeyPair,
    KemOutput, SignatureScheme,
};
use tls_codec::SecretVLBytes;
use undertone_wire::content::SeenEntry;
use undertone_wire::message::CommitAuthenticatedData;
use undertone_wire::{PROTOCOL_VERSION, codec};

/// What is wrong with a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoil {
    /// Nothing.
    Nothing,
    /// The path secrets that are encrypted to the others are garbage.
    Path,
    /// The same, but for the one that is encrypted to this leaf alone.
    PathBut(u32),
    /// The `GroupInfo` names an external key to which nobody has the secret: whoever joins by it makes a
    /// commit that no member can process.
    ExternalKey,
    /// The `GroupInfo` names an external key to which nothing can be sent: nobody could even try to join.
    ShortExternalKey,
}

/// Commits to fresh keys, and takes the commit for granted: the group is in the next epoch at once.
pub fn commit<S: KeyValue>(
    group: &mut Group,
    (provider, device): (&Provider<S>, &MlsDevice),
    seen: &SeenEntry,
    spoil: &Spoil,
) -> Result<PendingCommit, GroupError> {
    let data = CommitAuthenticatedData {
        version: PROTOCOL_VERSION,
        seen: seen.clone(),
    };
    let crypto = RogueCrypto::new(spoil, group);
    group.mls.set_aad(codec::to_cbor(&data)?);
    let bundle = group
        .mls
        .commit_builder()
        .consume_proposal_store(true)
        .force_self_update(true)
        .load_psks(provider.storage())
        .map_err(failed("preparing the commit"))?
        .create_group_info(true)
        .use_ratchet_tree_extension(false)
        .build(provider.rand(), &crypto, &device.key, |_| true)
        .map_err(failed("building the commit"))?
        .stage_commit(provider)
        .map_err(failed("staging the commit"))?;
    let mut made = PendingCommit::of(bundle)?;
    group
        .mls
        .merge_pending_commit(provider)
        .map_err(failed("merging the commit"))?;
    if matches!(spoil, Spoil::ExternalKey | Spoil::ShortExternalKey) {
        let crypto = RogueCrypto {
            external_key: Some(spoil.clone()),
            ..crypto
        };
        let info = group.mls.export_group_info(&crypto, &device.key, false);
        let info = info.map_err(failed("exporting the GroupInfo"))?;
        made.group_info = info.to_bytes().map_err(failed("encoding the GroupInfo"))?;
    }
    Ok(made)
}

/// Joins by an external commit whose path secrets are garbage.
pub fn join_externally<S: KeyValue>(
    provider: &Provider<S>,
    device: &MlsDevice,
    join: ExternalJoin<'_>,
) -> Result<ExternallyJoined, GroupError> {
    let crypto = RogueCrypto {
        honest: SuiteCrypto::default(),
        path: true,
        spared: None,
        external_key: None,
    };
    Group::join_with(provider, &crypto, device, join)
}

/// Cryptography that lies where it was told to.
struct RogueCrypto {
    honest: SuiteCrypto,
    /// What is encrypted to others is garbage,
    path: bool,
    /// but for this public key.
    spared: Option<Vec<u8>>,
    /// Key pairs are derived from something else, or cut.
    external_key: Option<Spoil>,
}

impl RogueCrypto {
    fn new(spoil: &Spoil, group: &Group) -> Self {
        let spared = match spoil {
            Spoil::PathBut(leaf) => group
                .mls
                .members()
                .find(|member| member.index.u32() == *leaf)
                .map(|member| member.encryption_key),
            _ => None,
        };
        Self {
            honest: SuiteCrypto::default(),
            path: matches!(spoil, Spoil::Path | Spoil::PathBut(_)),
            spared,
            external_key: None,
        }
    }
}

impl OpenMlsCrypto for RogueCrypto {
    fn hpke_seal(
        &self,
        config: HpkeConfig,
        recipient: &[u8],
        info: &[u8],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        if self.path && self.spared.as_deref() != Some(recipient) {
            let garbage = vec![0x66; plaintext.len()];
            return self.honest.hpke_seal(config, recipient, info, aad, &garbage);
        }
        self.honest.hpke_seal(config, recipient, info, aad, plaintext)
    }

    fn derive_hpke_keypair(&self, config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        if self.external_key == Some(Spoil::ExternalKey) {
            let other: Vec<u8> = ikm.iter().map(|byte| !byte).collect();
            return self.honest.derive_hpke_keypair(config, &other);
        }
        let mut pair = self.honest.derive_hpke_keypair(config, ikm)?;
        if self.external_key.is_some() {
            pair.public.truncate(3);
        }
        Ok(pair)
    }

    // All else is honest.

    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        self.honest.supports(suite)
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        self.honest.supported_ciphersuites()
    }

    fn hkdf_extract(&self, hash: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        self.honest.hkdf_extract(hash, salt, ikm)
    }

    fn hmac(&self, hash: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        self.honest.hmac(hash, key, message)
    }

    fn hkdf_expand(
        &self,
        hash: HashType,
        prk: &[u8],
        info: &[u8],
        length: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        self.honest.hkdf_expand(hash, prk, info, length)
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.honest.hash(hash, data)
    }

    fn aead_encrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.honest.aead_encrypt(algorithm, key, data, nonce, aad)
    }

    fn aead_decrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        sealed: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.honest.aead_decrypt(algorithm, key, sealed, nonce, aad)
    }

    fn signature_key_gen(&self, scheme: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        self.honest.signature_key_gen(scheme)
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        key: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        self.honest.verify_signature(scheme, data, key, signature)
    }

    fn sign(&self, scheme: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.honest.sign(scheme, data, key)
    }

    fn hpke_open(
        &self,
        config: HpkeConfig,
        input: &HpkeCiphertext,
        key: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.honest.hpke_open(config, input, key, info, aad)
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        recipient: &[u8],
        info: &[u8],
        context: &[u8],
        length: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        self.honest
            .hpke_setup_sender_and_export(config, recipient, info, context, length)
    }

    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        encapsulated: &[u8],
        key: &[u8],
        info: &[u8],
        context: &[u8],
        length: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        self.honest
            .hpke_setup_receiver_and_export(config, encapsulated, key, info, context, length)
    }
}
