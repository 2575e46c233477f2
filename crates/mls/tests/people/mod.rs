//! People with devices, and a conversation between them with the server's state beside it.

#![allow(dead_code, reason = "each test program needs its part of it")]

use openmls_rust_crypto::RustCrypto;
use undertone_mls::{
    CheckedCommit, CommitCheck, CommitError, DeviceKey, Group, IdentityKey, MemoryKeyValue, MlsDevice,
    PendingCommit, Provider, PublicState, check_commit, found_group,
};
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::CommitBundle;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::group::GroupProfile;
use undertone_wire::guest::UserKind;
use undertone_wire::{ConversationId, Counter, DeviceId, Epoch, Sequence, Timestamp, UserId};

/// Who computes in every suite: what Undertone never offers, and others might send.
pub(crate) fn any_suite() -> Provider<MemoryKeyValue, RustCrypto> {
    Provider::with_crypto(MemoryKeyValue::default(), RustCrypto::default())
}

/// One device of a person, with its own store.
pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) device_id: DeviceId,
    pub(crate) device: MlsDevice,
    pub(crate) provider: Provider<MemoryKeyValue>,
    name: String,
    identity_seed: [u8; 32],
}

impl Person {
    pub(crate) fn new(user: u8, name: &str) -> Self {
        Self::new_with_device(user, user, name)
    }

    pub(crate) fn new_with_device(user: u8, device: u8, name: &str) -> Self {
        let identity = IdentityKey::generate().unwrap();
        Self::certified(user, device, name, *identity.seed())
    }

    pub(crate) fn second_device(&self, device: u8) -> Self {
        Self::certified(self.user.as_bytes()[0], device, &self.name, self.identity_seed)
    }

    /// Somebody without an account.
    pub(crate) fn guest(user: u8, name: &str) -> Self {
        let mut guest = Self::new(user, name);
        guest.device.certificate = guest.certified_as(UserKind::Guest, name);
        guest
    }

    /// Another certificate of the same keys.
    pub(crate) fn certified_as(&self, kind: UserKind, name: &str) -> Vec<u8> {
        let identity = IdentityKey::from_seed(&self.identity_seed);
        identity
            .certify(DeviceCertificateBody {
                version: undertone_mls::certificate::certificate_version(),
                user: self.user,
                kind,
                name: name.parse().unwrap(),
                device: self.device_id,
                identity_key: identity.public().to_vec().into(),
                signature_key: self.device.key.public().to_vec().into(),
                issued_at: Timestamp::from_millis(1),
            })
            .unwrap()
    }

    fn certified(user: u8, device: u8, name: &str, identity_seed: [u8; 32]) -> Self {
        let mut person = Self {
            user: UserId::from_bytes([user; 16]),
            device_id: DeviceId::from_bytes([device; 16]),
            device: MlsDevice {
                key: DeviceKey::generate().unwrap(),
                certificate: Vec::new(),
            },
            provider: Provider::new(MemoryKeyValue::default()),
            name: name.to_owned(),
            identity_seed,
        };
        person.device.certificate = person.certified_as(UserKind::Account, name);
        person
    }

    pub(crate) fn key_package(&self) -> Vec<u8> {
        self.device
            .make_key_packages(&self.provider, 1, false)
            .unwrap()
            .remove(0)
    }
}

/// A conversation: everyone's group, the founder's first, and the server's state.
pub(crate) struct Talk {
    pub(crate) groups: Vec<Group>,
    pub(crate) state: PublicState,
}

impl Talk {
    /// What the server says to a commit.
    pub(crate) fn check(
        &self,
        sender: &Person,
        epoch: Epoch,
        commit: &PendingCommit,
    ) -> Result<CheckedCommit, CommitError> {
        let bundle = deliver(commit);
        check_commit(CommitCheck {
            state: &self.state,
            conversation: conversation(),
            sender: sender.device_id,
            epoch,
            bundle: &bundle,
            proposals: &[],
        })
    }
}

pub(crate) fn conversation() -> ConversationId {
    ConversationId::from_bytes([0xc0; 16])
}

pub(crate) fn seen() -> SeenEntry {
    SeenEntry {
        sequence: Sequence(3),
        running_hash: vec![4; 32].into(),
    }
}

pub(crate) fn deliver(commit: &PendingCommit) -> CommitBundle {
    CommitBundle {
        counter: Counter(1),
        commit: commit.commit.clone().into(),
        group_info: commit.group_info.clone().into(),
        welcome: commit.welcome.clone().map(Into::into),
    }
}

/// The founder begins a conversation with the devices of others.
pub(crate) fn begin(founder: &Person, others: &[&Person]) -> Talk {
    let other = others
        .iter()
        .map(|person| person.user)
        .find(|user| *user != founder.user);
    let profile = GroupProfile::direct(founder.user, other.unwrap_or(NOBODY));
    begin_with(&profile, founder, others)
}

/// Somebody who is not there.
pub(crate) const NOBODY: UserId = UserId::from_bytes([0xfe; 16]);

/// The founder begins a conversation of any kind with the devices of others.
pub(crate) fn begin_with(profile: &GroupProfile, founder: &Person, others: &[&Person]) -> Talk {
    let mut group = Group::create(&founder.provider, &founder.device, conversation(), profile).unwrap();
    let (info, tree) = group
        .export_for_server(&founder.provider, &founder.device)
        .unwrap();
    let start = found_group(conversation(), &info, &tree).unwrap();
    let packages: Vec<_> = others.iter().map(|person| person.key_package()).collect();
    let commit = group
        .add(&founder.provider, &founder.device, &packages, &seen())
        .unwrap();
    let mut talk = Talk {
        groups: Vec::new(),
        state: start.state,
    };
    let checked = talk.check(founder, Epoch(0), &commit).unwrap();
    assert_eq!(checked.added.len(), others.len());
    group.merge_pending(&founder.provider).unwrap();
    talk.groups.push(group);
    for person in others {
        let welcome = commit.welcome.as_ref().unwrap();
        talk.groups
            .push(Group::join(&person.provider, welcome, &checked.ratchet_tree).unwrap());
    }
    talk.state = checked.state;
    talk
}
