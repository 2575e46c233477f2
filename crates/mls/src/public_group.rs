//! The server's view of a group: checks of its founding and of each commit, as pure functions over
//! opaque snapshots (design D2, D3). The server never has a secret of the group.

use crate::commit::{self, Before, CertifiedMember, CommitRefused};
use crate::member::Member;
use crate::rule;
use crate::storage::{MemoryKeyValue, Provider};
use crate::suite::{self, CIPHERSUITE};
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    ConfirmationTag, GroupId, LeafNodeIndex, MlsMessageBodyIn, MlsMessageIn, OpenMlsProvider as _,
    ProcessedMessage, ProcessedMessageContent, Proposal, ProposalStore, ProtocolMessage, PublicGroup,
    PublicMessageIn, RatchetTreeIn, Sender, StagedCommit,
};
use std::collections::BTreeSet;
use undertone_wire::conversation::CommitBundle;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::group::GroupProfile;
use undertone_wire::limits::{
    COMMIT_BYTES_MAX, PROPOSAL_BYTES_MAX, RATCHET_TREE_BYTES_MAX, WELCOME_BYTES_MAX,
};
use undertone_wire::message::CommitAuthenticatedData;
use undertone_wire::{Bytes, ConversationId, DeviceId, Epoch, PROTOCOL_VERSION, codec};

mod error;
mod group_info;

pub use error::CommitError;
pub use group_info::{Replacement, ReplacementCheck, check_replacement};
use group_info::{check_group_info, parse_group_info};

/// A snapshot of the public group, opaque to its keeper.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicState(Vec<u8>);

impl PublicState {
    /// What was stored.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
    /// What to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for PublicState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicState({} bytes)", self.0.len())
    }
}

/// A group at its founding: the creator's leaf alone.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// To be stored.
    pub state: PublicState,
    /// Epoch 0.
    pub epoch: Epoch,
    /// What its members agree on.
    pub profile: GroupProfile,
    /// The creator's device.
    pub members: Vec<Member>,
    /// The creator's certificate, to be compared with the directory.
    pub creator: DeviceCertificateBody,
}

/// A commit to be checked.
#[derive(Debug, Clone, Copy)]
pub struct CommitCheck<'a> {
    /// The group before it.
    pub state: &'a PublicState,
    /// Which conversation it was sent to.
    pub conversation: ConversationId,
    /// The device whose session sent it: a member, or whoever comes by an external commit.
    pub sender: DeviceId,
    /// The epoch that the sender says it ends.
    pub epoch: Epoch,
    /// The commit and what came with it.
    pub bundle: &'a CommitBundle,
    /// The proposals of this epoch, in the order of the log.
    pub proposals: &'a [Bytes],
}

/// What a commit that is accepted makes of the group.
#[derive(Debug, Clone)]
pub struct CheckedCommit {
    /// The group after it, to be stored.
    pub state: PublicState,
    /// The new epoch.
    pub epoch: Epoch,
    /// All members after it.
    pub members: Vec<Member>,
    /// What its members agree on after it.
    pub profile: GroupProfile,
    /// Who committed; after an external commit, at their new leaf.
    pub committer: Member,
    /// True if the committer came by this commit.
    pub external: bool,
    /// The committer's certificate, if it is another than before: to be compared with the directory.
    pub changed_certificate: Option<DeviceCertificateBody>,
    /// Who came, an external committer included. A device that comes again is in `removed`, too.
    pub added: Vec<Member>,
    /// The certificates of those who came, in the same order, to be compared with the directory.
    pub added_certificates: Vec<DeviceCertificateBody>,
    /// Who went.
    pub removed: Vec<Member>,
    /// The new ratchet tree, TLS-encoded, for those who join.
    pub ratchet_tree: Vec<u8>,
}

/// Checks the founding of a group: `GroupInfo` and tree of epoch 0.
pub fn found_group(
    conversation: ConversationId,
    group_info: &[u8],
    ratchet_tree: &[u8],
) -> Result<NewGroup, CommitError> {
    if ratchet_tree.len() > RATCHET_TREE_BYTES_MAX {
        return Err(CommitError::TooLarge);
    }
    let info = parse_group_info(group_info)?;
    if info.group_id().as_slice() != conversation.as_bytes() {
        return Err(CommitError::Conversation);
    }
    if info.ciphersuite() != CIPHERSUITE {
        return Err(CommitError::Profile);
    }
    let tree = RatchetTreeIn::tls_deserialize_exact(ratchet_tree).map_err(CommitError::Malformed)?;
    let provider = Provider::new(MemoryKeyValue::default());
    let (group, _) = PublicGroup::from_external(
        provider.crypto(),
        provider.storage(),
        tree,
        info,
        ProposalStore::new(),
    )
    .map_err(CommitError::External)?;
    let members = commit::certified_members(group.members())?;
    let [CertifiedMember { member, certificate }] = members.as_slice() else {
        return Err(CommitError::Founding);
    };
    if group.group_context().epoch().as_u64() != 0 {
        return Err(CommitError::Founding);
    }
    let profile = suite::read_profile(group.group_context().extensions()).ok_or(CommitError::Profile)?;
    commit::check_group(&profile, &members)?;
    Ok(NewGroup {
        state: PublicState(provider.store().to_bytes()?),
        epoch: Epoch(0),
        profile,
        members: vec![*member],
        creator: certificate.clone(),
    })
}

/// A group that was loaded from its snapshot.
struct Loaded {
    provider: Provider<MemoryKeyValue>,
    group: PublicGroup,
    profile: GroupProfile,
    members: Vec<CertifiedMember>,
}

impl Loaded {
    fn new(state: &PublicState, conversation: ConversationId) -> Result<Self, CommitError> {
        let provider = Provider::new(MemoryKeyValue::from_bytes(state.as_bytes())?);
        let group_id = GroupId::from_slice(conversation.as_bytes());
        let group = PublicGroup::load(provider.storage(), &group_id)?.ok_or(CommitError::StateMissing)?;
        let profile = suite::read_profile(group.group_context().extensions()).ok_or(CommitError::Profile)?;
        let members = commit::known_members(group.members())?;
        Ok(Self {
            provider,
            group,
            profile,
            members,
        })
    }

    fn epoch(&self) -> Epoch {
        Epoch(self.group.group_context().epoch().as_u64())
    }

    fn process(&self, message: PublicMessageIn) -> Result<ProcessedMessage, CommitError> {
        let message = ProtocolMessage::PublicMessage(Box::new(message));
        self.group
            .process_message(self.provider.crypto(), message)
            .map_err(CommitError::Process)
    }

    /// The leaf that a message names as its sender must be that of the device whose session sent it.
    /// Whether it really signed is checked by MLS afterwards.
    fn check_sits(&self, message: &PublicMessageIn, device: DeviceId) -> Result<(), CommitError> {
        let Sender::Member(leaf) = message.sender() else {
            return Err(CommitError::Sender);
        };
        let sits = self
            .members
            .iter()
            .any(|known| known.member.leaf == leaf.u32() && known.member.device == device);
        if sits { Ok(()) } else { Err(CommitError::Sender) }
    }

    /// Takes up a `SelfRemove`, with those before it.
    fn propose(&mut self, message: PublicMessageIn) -> Result<Member, CommitError> {
        let processed = self.process(message)?;
        let ProcessedMessageContent::ProposalMessage(queued) = processed.into_content() else {
            return Err(CommitError::Kind);
        };
        let (Proposal::SelfRemove, Sender::Member(leaf)) = (queued.proposal(), queued.sender()) else {
            return Err(CommitError::Kind);
        };
        let leaf = leaf.u32();
        let known = self.members.iter().find(|known| known.member.leaf == leaf);
        let leaver = known.ok_or(CommitError::Sender)?.member;
        self.group
            .add_proposal(self.provider.storage(), *queued)
            .map_err(CommitError::Storage)?;
        Ok(leaver)
    }
}

/// Checks a commit and all that came with it against the group before it.
pub fn check_commit(check: CommitCheck<'_>) -> Result<CheckedCommit, CommitError> {
    let bundle = check.bundle;
    if bundle.commit.len() > COMMIT_BYTES_MAX {
        return Err(CommitError::TooLarge);
    }
    let Staged {
        before,
        sender,
        commit: staged,
        confirmation_tag,
    } = stage(&check)?;
    let allowed = commit::judge(
        Before {
            conversation: check.conversation,
            profile: &before.profile,
            members: &before.members,
        },
        &sender,
        &staged,
    )?;
    // Whoever comes by the commit is the device whose session sent it.
    let newcomer = allowed.committer.as_ref().filter(|_| allowed.external);
    if newcomer.is_some_and(|newcomer| newcomer.device != check.sender) {
        return Err(CommitError::Sender);
    }
    let Loaded {
        provider, mut group, ..
    } = before;
    check_welcome(bundle, &staged, provider.crypto())?;
    group
        .merge_commit(provider.storage(), *staged)
        .map_err(CommitError::Merge)?;
    let members: Vec<Member> = commit::known_members(group.members())?
        .into_iter()
        .map(|certified| certified.member)
        .collect();
    let committer = *members
        .iter()
        .find(|member| member.device == check.sender)
        .ok_or(CommitError::Sender)?;
    let leaf = LeafNodeIndex::new(committer.leaf);
    check_group_info(bundle.group_info.as_slice(), &group, leaf, &confirmation_tag)?;
    let added = allowed.added.iter();
    let added = added
        .filter_map(|new| members.iter().find(|m| m.device == new.device).copied())
        .collect();
    Ok(CheckedCommit {
        epoch: Epoch(group.group_context().epoch().as_u64()),
        ratchet_tree: encode_tree(&group)?,
        state: PublicState(provider.store().to_bytes()?),
        profile: allowed.profile,
        committer,
        external: allowed.external,
        changed_certificate: allowed.committer.filter(|_| !allowed.external),
        members,
        added,
        added_certificates: allowed.added,
        removed: allowed.removed,
    })
}

/// A commit that is valid MLS in the group before it; whether it is allowed is not asked yet.
struct Staged {
    before: Loaded,
    sender: Sender,
    commit: Box<StagedCommit>,
    confirmation_tag: ConfirmationTag,
}

fn stage(check: &CommitCheck<'_>) -> Result<Staged, CommitError> {
    let mut before = Loaded::new(check.state, check.conversation)?;
    let place = Place {
        conversation: check.conversation,
        epoch: check.epoch,
        current: before.epoch(),
    };
    let message = parse(check.bundle.commit.as_slice(), &place)?;
    for proposal in check.proposals {
        before.propose(parse(proposal.as_slice(), &place)?)?;
    }
    let confirmation_tag = message.confirmation_tag().ok_or(CommitError::Kind)?.clone();
    if !matches!(message.sender(), Sender::NewMemberCommit) {
        before.check_sits(&message, check.sender)?;
    }
    let processed = before.process(message)?;
    check_authenticated_data(processed.aad())?;
    let sender = processed.sender().clone();
    let ProcessedMessageContent::StagedCommitMessage(commit) = processed.into_content() else {
        return Err(CommitError::Kind);
    };
    Ok(Staged {
        before,
        sender,
        commit,
        confirmation_tag,
    })
}

fn encode_tree(group: &PublicGroup) -> Result<Vec<u8>, CommitError> {
    group
        .export_ratchet_tree()
        .tls_serialize_detached()
        .map_err(CommitError::Malformed)
}

/// The ratchet tree of a group, TLS-encoded, for those who come by an external commit.
pub fn ratchet_tree(state: &PublicState, conversation: ConversationId) -> Result<Vec<u8>, CommitError> {
    encode_tree(&Loaded::new(state, conversation)?.group)
}

/// The devices whose leaves stand in the tree.
pub fn devices_in_tree(
    state: &PublicState,
    conversation: ConversationId,
) -> Result<Vec<DeviceId>, CommitError> {
    let Loaded { members, .. } = Loaded::new(state, conversation)?;
    Ok(members.iter().map(|known| known.member.device).collect())
}

/// A proposal to be checked: a `SelfRemove`.
#[derive(Debug, Clone, Copy)]
pub struct ProposalCheck<'a> {
    /// The group.
    pub state: &'a PublicState,
    /// Which conversation it was sent to.
    pub conversation: ConversationId,
    /// The device whose session sent it.
    pub sender: DeviceId,
    /// The epoch that the sender says it is for.
    pub epoch: Epoch,
    /// The proposals of this epoch before it, in the order of the log.
    pub earlier: &'a [Bytes],
    /// MLS `PublicMessage`.
    pub proposal: &'a [u8],
}

/// Checks a wish to be let go: that it is its own device's, and that a commit which fulfils it and all
/// earlier ones would be allowed. Says who leaves.
pub fn check_proposal(check: ProposalCheck<'_>) -> Result<Member, CommitError> {
    if check.proposal.len() > PROPOSAL_BYTES_MAX {
        return Err(CommitError::TooLarge);
    }
    let mut group = Loaded::new(check.state, check.conversation)?;
    let place = Place {
        conversation: check.conversation,
        epoch: check.epoch,
        current: group.epoch(),
    };
    let message = parse(check.proposal, &place)?;
    group.check_sits(&message, check.sender)?;
    let mut earlier = Vec::new();
    for proposal in check.earlier {
        earlier.push(group.propose(parse(proposal.as_slice(), &place)?)?.leaf);
    }
    let leaver = group.propose(message)?;
    if earlier.contains(&leaver.leaf) {
        return Err(CommitError::Repeated);
    }
    let members: Vec<Member> = group.members.iter().map(|known| known.member).collect();
    let before = rule::GroupBefore {
        profile: &group.profile,
        psk_id: None,
        members: &members,
    };
    rule::judge_leave(&before, &earlier, leaver.leaf).map_err(CommitRefused::from)?;
    Ok(leaver)
}

/// Where a message must belong.
struct Place {
    conversation: ConversationId,
    /// The epoch that the sender says.
    epoch: Epoch,
    /// The group's.
    current: Epoch,
}

fn parse(bytes: &[u8], place: &Place) -> Result<PublicMessageIn, CommitError> {
    let parsed = MlsMessageIn::tls_deserialize_exact(bytes).map_err(CommitError::Malformed)?;
    let MlsMessageBodyIn::PublicMessage(message) = parsed.extract() else {
        return Err(CommitError::Kind);
    };
    if message.group_id().as_slice() != place.conversation.as_bytes() {
        return Err(CommitError::Conversation);
    }
    let sent = message.epoch().as_u64();
    if sent != place.current.0 || place.epoch != place.current {
        return Err(CommitError::EpochStale {
            sent: sent.min(place.epoch.0),
            current: place.current.0,
        });
    }
    Ok(message)
}

/// Every client refuses a commit without it, and none could follow the group behind one.
fn check_authenticated_data(bytes: &[u8]) -> Result<(), CommitError> {
    let data: CommitAuthenticatedData = codec::from_cbor(bytes).map_err(CommitError::AuthenticatedData)?;
    if data.version == PROTOCOL_VERSION {
        Ok(())
    } else {
        Err(CommitError::Profile)
    }
}

fn check_welcome(
    bundle: &CommitBundle,
    staged: &StagedCommit,
    crypto: &impl openmls::prelude::OpenMlsCrypto,
) -> Result<(), CommitError> {
    let mut added = BTreeSet::new();
    for add in staged.add_proposals() {
        let reference = add
            .add_proposal()
            .key_package()
            .hash_ref(crypto)
            .map_err(|_| CommitError::Welcome)?;
        added.insert(reference.as_slice().to_vec());
    }
    let Some(welcome) = &bundle.welcome else {
        return if added.is_empty() {
            Ok(())
        } else {
            Err(CommitError::Welcome)
        };
    };
    if welcome.len() > WELCOME_BYTES_MAX {
        return Err(CommitError::TooLarge);
    }
    let parsed = MlsMessageIn::tls_deserialize_exact(welcome.as_slice()).map_err(CommitError::Malformed)?;
    let MlsMessageBodyIn::Welcome(welcome) = parsed.extract() else {
        return Err(CommitError::Kind);
    };
    let covered: Vec<_> = welcome
        .secrets()
        .iter()
        .map(|s| s.new_member().as_slice().to_vec())
        .collect();
    let exact = covered.len() == added.len() && covered.into_iter().collect::<BTreeSet<_>>() == added;
    if exact && !added.is_empty() && welcome.ciphersuite() == CIPHERSUITE {
        Ok(())
    } else {
        Err(CommitError::Welcome)
    }
}
