//! The passive-client vectors of RFC 9420, run on our storage and the library's crypto provider, since there are none
//! for our suite: they test the library and how we keep its state, not our rules. The vectors' groups have no
//! certificates.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a vector that fails should say where, and the report how many were run"
)]

use data_encoding::HEXLOWER;
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _, VLBytes};
use openmls::prelude::{
    Ciphersuite, HpkeKeyPair, HpkePrivateKey, KeyPackage, KeyPackageBundle,
    MIXED_PLAINTEXT_WIRE_FORMAT_POLICY, MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn,
    OpenMlsCrypto as _, OpenMlsProvider as _, ProcessedMessageContent, RatchetTreeIn, StagedWelcome,
};
use openmls::schedule::PreSharedKeyId;
use openmls::treesync::test_utils::write_keys_from_key_store;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::storage::StorageProvider as _;
use serde::Deserialize;
use std::collections::BTreeMap;
use undertone_mls::{MemoryKeyValue, Provider};

/// Bytes that the vectors write in hexadecimal.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Hex(Vec<u8>);

impl TryFrom<String> for Hex {
    type Error = data_encoding::DecodeError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        HEXLOWER.decode(text.as_bytes()).map(Self)
    }
}

#[derive(Deserialize)]
struct Vector {
    cipher_suite: u16,
    external_psks: Vec<ExternalPsk>,
    key_package: Hex,
    encryption_priv: Hex,
    init_priv: Hex,
    welcome: Hex,
    ratchet_tree: Option<Hex>,
    initial_epoch_authenticator: Hex,
    epochs: Vec<Step>,
}

#[derive(Deserialize)]
struct ExternalPsk {
    psk_id: Hex,
    psk: Hex,
}

#[derive(Deserialize)]
struct Step {
    proposals: Vec<Hex>,
    commit: Hex,
    epoch_authenticator: Hex,
}

/// What a file came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    /// Vectors run, by cipher suite.
    run: BTreeMap<u16, usize>,
    /// Vectors skipped because the provider does not have their suite, by cipher suite.
    skipped: BTreeMap<u16, usize>,
    /// Commits processed after joining.
    commits: usize,
}

/// A client that listens: its store, and nothing else between two steps.
struct Listener {
    provider: Provider<MemoryKeyValue, RustCrypto>,
    group: Option<MlsGroup>,
}

impl Listener {
    fn joining(vector: &Vector) -> Self {
        let provider = Provider::with_crypto(MemoryKeyValue::default(), RustCrypto::default());
        for ExternalPsk { psk_id, psk } in &vector.external_psks {
            let id = PreSharedKeyId::external(psk_id.0.clone(), Vec::new());
            id.store(&provider, &psk.0).unwrap();
        }
        import_key_package(&provider, vector);

        let MlsMessageBodyIn::Welcome(welcome) = message(&vector.welcome).extract() else {
            panic!("not a Welcome");
        };
        let config = MlsGroupJoinConfig::builder()
            .wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
            .number_of_resumption_psks(16)
            .build();
        // The vectors' key packages have expired.
        let mut joining = StagedWelcome::build_from_welcome(&provider, &config, welcome)
            .unwrap()
            .skip_lifetime_validation();
        if let Some(tree) = &vector.ratchet_tree {
            joining = joining.with_ratchet_tree(RatchetTreeIn::tls_deserialize_exact(&tree.0).unwrap());
        }
        let group = joining.build().unwrap().into_group(&provider).unwrap();
        Self {
            provider,
            group: Some(group),
        }
    }

    /// Goes on with what the store holds alone, so that an entry that is missing there shows.
    fn reload(&mut self) -> &mut MlsGroup {
        let id = self.group.take().unwrap().group_id().clone();
        let stored = MlsGroup::load(self.provider.storage(), &id).unwrap();
        self.group.insert(stored.unwrap())
    }

    fn hear(&mut self, bytes: &Hex) {
        let message = message(bytes).try_into_protocol_message().unwrap();
        self.reload();
        let (group, provider) = (self.group.as_mut().unwrap(), &self.provider);
        match group.process_message(provider, message).unwrap().into_content() {
            ProcessedMessageContent::ProposalMessage(proposal) => {
                group
                    .store_pending_proposal(provider.storage(), *proposal)
                    .unwrap();
            }
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                group.merge_staged_commit(provider, *commit).unwrap();
            }
            other => panic!("neither proposal nor commit: {other:?}"),
        }
    }

    fn epoch_authenticator(&mut self) -> Vec<u8> {
        self.reload().epoch_authenticator().as_slice().to_vec()
    }
}

fn message(bytes: &Hex) -> MlsMessageIn {
    MlsMessageIn::tls_deserialize_exact(&bytes.0).unwrap()
}

/// Puts a key package and its private keys where the library looks for them when it joins.
fn import_key_package(provider: &Provider<MemoryKeyValue, RustCrypto>, vector: &Vector) {
    let MlsMessageBodyIn::KeyPackage(package) = message(&vector.key_package).extract() else {
        panic!("not a key package");
    };
    let package = KeyPackage::from(package);
    // The library shows the bytes of this public key in its TLS form only.
    let public = package
        .leaf_node()
        .encryption_key()
        .tls_serialize_detached()
        .unwrap();
    let encryption_key = HpkeKeyPair {
        private: vector.encryption_priv.0.as_slice().into(),
        public: VLBytes::tls_deserialize_exact(&public).unwrap().into(),
    };
    write_keys_from_key_store(provider, encryption_key);
    let reference = package.hash_ref(provider.crypto()).unwrap();
    let init_key = HpkePrivateKey::from(vector.init_priv.0.as_slice());
    let bundle = KeyPackageBundle::new(package, init_key, vector.encryption_priv.0.clone().into());
    provider.storage().write_key_package(&reference, &bundle).unwrap();
}

fn run(name: &str, json: &str) -> Tally {
    let vectors: Vec<Vector> = serde_json::from_str(json).unwrap();
    let crypto = RustCrypto::default();
    let mut tally = Tally::default();
    for (number, vector) in vectors.iter().enumerate() {
        let suite = Ciphersuite::try_from(vector.cipher_suite).unwrap();
        if crypto.supports(suite).is_err() {
            *tally.skipped.entry(vector.cipher_suite).or_default() += 1;
            continue;
        }
        let mut listener = Listener::joining(vector);
        assert_eq!(
            listener.epoch_authenticator(),
            vector.initial_epoch_authenticator.0,
            "{name} {number}: after joining"
        );
        for (number_of_step, step) in vector.epochs.iter().enumerate() {
            for proposal in &step.proposals {
                listener.hear(proposal);
            }
            listener.hear(&step.commit);
            assert_eq!(
                listener.epoch_authenticator(),
                step.epoch_authenticator.0,
                "{name} {number}: epoch {number_of_step}"
            );
        }
        tally.commits += vector.epochs.len();
        *tally.run.entry(vector.cipher_suite).or_default() += 1;
    }
    report(name, &tally);
    tally
}

fn report(name: &str, tally: &Tally) {
    println!(
        "{name}: ran {}, with {} commits; skipped {}",
        tally.run.values().sum::<usize>(),
        tally.commits,
        tally.skipped.values().sum::<usize>(),
    );
    for (suite, count) in &tally.run {
        println!("  suite {suite:#06x}: {count} run");
    }
    for (suite, count) in &tally.skipped {
        println!("  suite {suite:#06x}: {count} skipped, since the crypto provider does not have it");
    }
}

/// X25519 with AES-GCM, P-256, X25519 with ChaCha20-Poly1305.
const SUITES_RUN: [u16; 3] = [1, 2, 3];
/// X448 with AES-GCM, P-521, X448 with ChaCha20-Poly1305, P-384.
const SUITES_SKIPPED: [u16; 4] = [4, 5, 6, 7];

fn each(suites: &[u16], count: usize) -> BTreeMap<u16, usize> {
    suites.iter().map(|suite| (*suite, count)).collect()
}

#[test]
fn a_listener_joins_by_every_welcome() {
    let tally = run(
        "passive-client-welcome",
        include_str!("vectors/passive-client-welcome.json"),
    );
    let expected = Tally {
        run: each(&SUITES_RUN, 8),
        skipped: each(&SUITES_SKIPPED, 8),
        commits: 0,
    };
    assert_eq!(tally, expected);
}

#[test]
fn a_listener_follows_every_kind_of_commit() {
    let tally = run(
        "passive-client-handling-commit",
        include_str!("vectors/passive-client-handling-commit.json"),
    );
    let expected = Tally {
        run: each(&SUITES_RUN, 13),
        skipped: each(&SUITES_SKIPPED, 13),
        commits: 78,
    };
    assert_eq!(tally, expected);
}

#[test]
fn a_listener_follows_two_hundred_random_epochs() {
    let tally = run(
        "passive-client-random",
        include_str!("vectors/passive-client-random.json"),
    );
    let expected = Tally {
        run: each(&[1], 1),
        skipped: BTreeMap::new(),
        commits: 200,
    };
    assert_eq!(tally, expected);
}
