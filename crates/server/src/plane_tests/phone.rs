//! One device of a person, with real keys and groups: what the client does, without its store.

use super::Server;
use rand::RngCore;
use rand::rngs::OsRng;
use std::collections::HashMap;
use undertone_mls::certificate::certificate_version;
use undertone_mls::{
    DeviceKey, ExternalJoin, Group, GroupChange, IdentityKey, MemoryKeyValue, MlsDevice, PendingCommit,
    Provider, RoomPsk, verify_certificate,
};
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::{
    Accepted, CommitBundle, CreateConversationRequest, JoinRequest, PendingWelcome, SubmitCommitRequest,
    SubmitProposalRequest,
};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::group::{GroupProfile, GroupResponse};
use undertone_wire::guest::UserKind;
use undertone_wire::key_package::{ClaimKeyPackagesResponse, KeyPackageStock, UploadKeyPackagesRequest};
use undertone_wire::message::SendMessageRequest;
use undertone_wire::{
    Bytes, ConversationId, Counter, DeviceId, Epoch, ErrorBody, Sequence, Timestamp, UserId,
};

pub(crate) struct Phone {
    pub(crate) user: UserId,
    pub(crate) device: DeviceId,
    pub(crate) mls: MlsDevice,
    pub(crate) token: String,
    provider: Provider<MemoryKeyValue>,
    identity_seed: [u8; 32],
    kind: UserKind,
    name: String,
    groups: HashMap<ConversationId, Group>,
    counters: HashMap<ConversationId, u64>,
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

impl Phone {
    pub(super) fn new(name: &str) -> Self {
        Self::of(name, UserKind::Account)
    }

    pub(super) fn of(name: &str, kind: UserKind) -> Self {
        let seed = *IdentityKey::generate().unwrap().seed();
        Self::certified((name, kind), UserId::from_bytes(random()), seed)
    }

    pub(super) fn second(&self) -> Self {
        Self::certified((&self.name, self.kind), self.user, self.identity_seed)
    }

    fn certified((name, kind): (&str, UserKind), user: UserId, identity_seed: [u8; 32]) -> Self {
        let (identity, key) = (
            IdentityKey::from_seed(&identity_seed),
            DeviceKey::generate().unwrap(),
        );
        let device = DeviceId::from_bytes(random());
        let certificate = identity
            .certify(DeviceCertificateBody {
                version: certificate_version(),
                user,
                kind,
                name: name.parse().unwrap(),
                device,
                identity_key: identity.public().to_vec().into(),
                signature_key: key.public().to_vec().into(),
                issued_at: Timestamp::from_millis(1),
            })
            .unwrap();
        Self {
            user,
            device,
            mls: MlsDevice { key, certificate },
            token: String::new(),
            provider: Provider::new(MemoryKeyValue::default()),
            identity_seed,
            kind,
            name: name.to_owned(),
            groups: HashMap::new(),
            counters: HashMap::new(),
        }
    }

    pub(super) fn body(&self) -> DeviceCertificateBody {
        verify_certificate(&self.mls.certificate).unwrap()
    }

    pub(crate) fn key_packages(&self, count: usize, last_resort: bool) -> Vec<Bytes> {
        let made = self
            .mls
            .make_key_packages(&self.provider, count, last_resort)
            .unwrap();
        made.into_iter().map(Bytes).collect()
    }

    /// Uploads single-use packages and a last resort.
    pub(crate) async fn stock(&self, server: &Server, count: usize) -> KeyPackageStock {
        let request = UploadKeyPackagesRequest {
            key_packages: self.key_packages(count, false),
            last_resort: self.key_packages(1, true).pop(),
        };
        server.post(self, "/api/v1/key-packages", &request).await.unwrap()
    }

    pub(crate) async fn claim(&self, server: &Server, user: UserId) -> Vec<Vec<u8>> {
        let path = format!("/api/v1/people/{user}/key-packages");
        let claimed: ClaimKeyPackagesResponse = server.post(self, &path, &()).await.unwrap();
        claimed
            .key_packages
            .into_iter()
            .map(|one| one.key_package.0)
            .collect()
    }

    /// Claims packages of both people and makes the request that begins their conversation.
    pub(crate) async fn prepare(&mut self, server: &Server, peer: UserId) -> CreateConversationRequest {
        let mut packages = self.claim(server, peer).await;
        packages.extend(self.claim(server, self.user).await);
        self.found(&[self.user, peer], peer, &packages)
    }

    /// Founds a direct conversation of these two and makes the request for it, of whatever is given.
    pub(crate) fn found(
        &mut self,
        users: &[UserId; 2],
        peer: UserId,
        packages: &[Vec<u8>],
    ) -> CreateConversationRequest {
        let mut request = self.found_with(&GroupProfile::direct(users[0], users[1]), packages);
        request.peer = Some(peer);
        request
    }

    /// Founds whatever the profile says.
    pub(crate) fn found_with(
        &mut self,
        profile: &GroupProfile,
        packages: &[Vec<u8>],
    ) -> CreateConversationRequest {
        let conversation = ConversationId::from_bytes(random());
        let kind = profile.kind;
        let mut group = Group::create(&self.provider, &self.mls, conversation, profile).unwrap();
        let (group_info, ratchet_tree) = group.export_for_server(&self.provider, &self.mls).unwrap();
        let pending = group.add(&self.provider, &self.mls, packages, &unseen()).unwrap();
        self.groups.insert(conversation, group);
        self.counters.insert(conversation, 1);
        CreateConversationRequest {
            conversation,
            kind,
            peer: None,
            room: None,
            group_info: group_info.into(),
            ratchet_tree: ratchet_tree.into(),
            commit: bundle(1, pending),
        }
    }

    /// Begins the conversation with somebody.
    pub(crate) async fn begin(&mut self, server: &Server, peer: UserId) -> ConversationId {
        let request = self.prepare(server, peer).await;
        let _: Accepted = server
            .post(self, "/api/v1/conversations", &request)
            .await
            .unwrap();
        self.merge(request.conversation);
        request.conversation
    }

    pub(crate) fn merge(&mut self, conversation: ConversationId) {
        let provider = &self.provider;
        self.groups
            .get_mut(&conversation)
            .unwrap()
            .merge_pending(provider)
            .unwrap();
    }

    pub(crate) fn clear_pending(&mut self, conversation: ConversationId) {
        let provider = &self.provider;
        self.groups
            .get_mut(&conversation)
            .unwrap()
            .clear_pending(provider)
            .unwrap();
    }

    pub(crate) fn join(&mut self, welcome: &PendingWelcome) {
        let (bytes, tree) = (welcome.welcome.as_slice(), welcome.ratchet_tree.as_slice());
        let group = Group::join(&self.provider, bytes, tree).unwrap();
        assert_eq!(group.conversation(), welcome.conversation);
        self.groups.insert(welcome.conversation, group);
        self.counters.insert(welcome.conversation, 0);
    }

    /// Encrypts the next message.
    pub(crate) fn write(&mut self, conversation: ConversationId, text: &str) -> SendMessageRequest {
        let group = self.groups.get_mut(&conversation).unwrap();
        let counter = self.counters.get_mut(&conversation).unwrap();
        *counter += 1;
        let message = group
            .encrypt(&self.provider, &self.mls, text.as_bytes(), [7; 32])
            .unwrap();
        let epoch = group.epoch();
        SendMessageRequest {
            conversation,
            epoch,
            counter: Counter(*counter),
            message: message.into(),
            expires_after_seconds: None,
            quiet: false,
        }
    }

    pub(crate) fn read(&mut self, conversation: ConversationId, payload: &Bytes) -> String {
        let group = self.groups.get_mut(&conversation).unwrap();
        let decrypted = group.decrypt(&self.provider, payload.as_slice()).unwrap();
        String::from_utf8(decrypted.plaintext.clone()).unwrap()
    }

    /// Applies somebody else's commit.
    pub(crate) fn apply(&mut self, conversation: ConversationId, payload: &Bytes) {
        let provider = &self.provider;
        self.groups
            .get_mut(&conversation)
            .unwrap()
            .apply_commit(provider, payload.as_slice())
            .unwrap();
    }

    /// Commits to fresh keys.
    pub(crate) fn update(&mut self, conversation: ConversationId) -> SubmitCommitRequest {
        self.change(conversation, GroupChange::default())
    }

    /// Commits to adding devices, or to fresh keys if there are none.
    pub(crate) fn commit(
        &mut self,
        conversation: ConversationId,
        packages: &[Vec<u8>],
    ) -> SubmitCommitRequest {
        let change = GroupChange {
            add: packages,
            ..GroupChange::default()
        };
        self.change(conversation, change)
    }

    /// Commits to any change.
    pub(crate) fn change(
        &mut self,
        conversation: ConversationId,
        change: GroupChange<'_>,
    ) -> SubmitCommitRequest {
        let group = self.groups.get_mut(&conversation).unwrap();
        let epoch = group.epoch();
        let pending = group
            .commit(&self.provider, &self.mls, change, &unseen())
            .unwrap();
        SubmitCommitRequest {
            conversation,
            epoch,
            commit: bundle(self.count(conversation), pending),
            room: None,
        }
    }

    /// Comes in by an external commit, whose group it is in at once.
    pub(crate) fn come(&mut self, found: &GroupResponse, psk: Option<&RoomPsk>) -> JoinRequest {
        let conversation = found.conversation;
        if let Some(old) = self.groups.remove(&conversation) {
            old.delete(&self.provider).unwrap();
        }
        let join = ExternalJoin {
            group_info: found.group_info.as_slice(),
            ratchet_tree: found.ratchet_tree.as_slice(),
            psk,
            seen: &unseen(),
        };
        let joined = Group::join_externally(&self.provider, &self.mls, join).unwrap();
        let (group, pending) = (joined.group, joined.commit);
        let epoch = Epoch(group.epoch().0 - 1);
        self.groups.insert(conversation, group);
        self.counters.entry(conversation).or_default();
        JoinRequest {
            conversation,
            epoch,
            commit: bundle(self.count(conversation), pending),
            admission_token: None,
        }
    }

    /// Asks to be let go.
    pub(crate) fn leave(&mut self, conversation: ConversationId) -> SubmitProposalRequest {
        let group = self.groups.get_mut(&conversation).unwrap();
        let epoch = group.epoch();
        let proposal = group.leave(&self.provider, &self.mls).unwrap();
        SubmitProposalRequest {
            conversation,
            epoch,
            counter: Counter(self.count(conversation)),
            proposal: proposal.into(),
        }
    }

    /// Applies somebody's wish to be let go.
    pub(crate) fn hear_wish(&mut self, conversation: ConversationId, payload: &Bytes) {
        let group = self.groups.get_mut(&conversation).unwrap();
        group.apply_proposal(&self.provider, payload.as_slice()).unwrap();
    }

    pub(crate) fn group(&self, conversation: ConversationId) -> &Group {
        &self.groups[&conversation]
    }

    /// The leaf of somebody's device.
    pub(crate) fn leaf_of(&self, conversation: ConversationId, device: DeviceId) -> u32 {
        let members = self.groups[&conversation].members().unwrap();
        members
            .iter()
            .find(|member| member.device == device)
            .unwrap()
            .leaf
    }

    /// A `GroupInfo` of the present epoch.
    pub(crate) fn group_info(&self, conversation: ConversationId) -> Bytes {
        let group = &self.groups[&conversation];
        group.export_group_info(&self.provider, &self.mls).unwrap().into()
    }

    /// Keeps a room's PSK, without which nobody follows a join.
    pub(crate) fn keep_psk(&self, conversation: ConversationId, psk: &RoomPsk) {
        Group::store_psk(&self.provider, conversation, psk).unwrap();
    }

    fn count(&mut self, conversation: ConversationId) -> u64 {
        let counter = self.counters.get_mut(&conversation).unwrap();
        *counter += 1;
        *counter
    }

    /// Takes the last counter back: what it was for was refused.
    pub(crate) fn take_back(&mut self, conversation: ConversationId) {
        *self.counters.get_mut(&conversation).unwrap() -= 1;
    }

    pub(crate) async fn send(
        &self,
        server: &Server,
        request: &SendMessageRequest,
    ) -> Result<Accepted, ErrorBody> {
        let path = format!("/api/v1/conversations/{}/messages", request.conversation);
        server.post(self, &path, request).await
    }

    pub(crate) async fn submit(
        &self,
        server: &Server,
        request: &SubmitCommitRequest,
    ) -> Result<Accepted, ErrorBody> {
        let path = format!("/api/v1/conversations/{}/commits", request.conversation);
        server.post(self, &path, request).await
    }
}

pub(super) fn unseen() -> SeenEntry {
    SeenEntry {
        sequence: Sequence(0),
        running_hash: Bytes(vec![0; 32]),
    }
}

fn bundle(counter: u64, pending: PendingCommit) -> CommitBundle {
    CommitBundle {
        counter: Counter(counter),
        commit: pending.commit.into(),
        group_info: pending.group_info.into(),
        welcome: pending.welcome.map(Into::into),
    }
}
