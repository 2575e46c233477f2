//! What a group is for Undertone: suite, credentials, roles, a device's group and the server's
//! public view of it. It is the only importer of OpenMLS.
//!
//! It stores nothing itself and talks to nobody: a client gives a [`KeyValue`] in which group state
//! lives, so that it commits with the rest of a step; the server gets and keeps opaque bytes.
//!
//! # Layout
//! - [`certificate`]: identity keys certify device keys (design D6)
//! - [`crypto`]: what OpenMLS computes with, narrowed to our suite
//! - [`key_package`]: making and inspecting key packages
//! - [`rule`]: the one rule function, an allowlist of what a commit may do (design D2)
//! - [`group`]: a device's group
//! - [`public_group`]: the server's checks, as pure functions over a snapshot
//! - [`message`]: what the server reads of an encrypted message
//! - [`storage`]: OpenMLS's storage trait over [`KeyValue`]

pub mod certificate;
mod commit;
pub mod crypto;
pub mod group;
pub mod key_package;
pub mod member;
pub mod message;
pub mod public_group;
pub mod rule;
pub mod storage;
mod suite;

pub use certificate::{
    CertificateError, DeviceKey, IdentityKey, SignatureError, verify_certificate, verify_signature,
};
pub use commit::CommitRefused;
pub use crypto::SuiteCrypto;
#[cfg(feature = "testing")]
pub use group::rogue;
pub use group::{
    CommitApplied, Decrypted, ExternalJoin, ExternallyJoined, Group, GroupChange, GroupError, MlsDevice,
    PendingCommit, RoomPsk, UnverifiedGroupInfo, read_group_info,
};
pub use key_package::{KeyPackageError, KeyPackageInfo, inspect_key_package};
pub use member::{Member, identity_hash};
pub use message::{MessageError, MessageHeader, message_header};
pub use public_group::{
    CheckedCommit, CommitCheck, CommitError, NewGroup, ProposalCheck, PublicState, Replacement,
    ReplacementCheck, check_commit, check_proposal, check_replacement, devices_in_tree, found_group,
    ratchet_tree,
};
pub use storage::{KeyValue, KeyValueError, MemoryKeyValue, Provider};
