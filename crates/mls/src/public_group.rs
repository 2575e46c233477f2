//! The server's view of a group: checks of its founding and of each commit, as pure functions over
//! opaque snapshots (design D2, D3). The server never has a secret of the group.

use crate::commit::{self, CertifiedMember, CommitRefused};
use crate::member::{LeafError, Member};
use crate::storage::{MemoryKeyValue, Provider, SnapshotError, StorageError};
use crate::suite::{CIPHERSUITE, GroupProfile};
use openmls::messages::group_info::{GroupInfo, VerifiableGroupInfo};
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    CreationFromExternalError, Extension, GroupId, LeafNodeIndex, MlsMessageBodyIn, MlsMessageIn,
    OpenMlsProvider as _, ProcessedMessageContent, ProposalStore, ProtocolMessage, PublicGroup,
    PublicMessageIn, PublicProcessMessageError, RatchetTreeIn, Sender, SignaturePublicKey, StagedCommit,
    Verifiable as _,
};
use std::collections::BTreeSet;
use undertone_wire::conversation::{CommitBundle, ConversationKind};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::limits::{
    COMMIT_BYTES_MAX, GROUP_INFO_BYTES_MAX, RATCHET_TREE_BYTES_MAX, WELCOME_BYTES_MAX,
};
use undertone_wire::message::CommitAuthenticatedData;
use undertone_wire::{ConversationId, DeviceId, Epoch, ErrorCode, PROTOCOL_VERSION, UserId, codec};

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
    /// What the conversation is for.
    pub kind: ConversationKind,
    /// Whose devices may be in it, ascending.
    pub users: Vec<UserId>,
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
    /// The device whose session sent it.
    pub sender: DeviceId,
    /// The epoch that the sender says it ends.
    pub epoch: Epoch,
    /// The commit and what came with it.
    pub bundle: &'a CommitBundle,
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
    /// Who came.
    pub added: Vec<Member>,
    /// The certificates of those who came, in the same order, to be compared with the directory.
    pub added_certificates: Vec<DeviceCertificateBody>,
    /// Who went.
    pub removed: Vec<Member>,
    /// The new ratchet tree, TLS-encoded, for those who join.
    pub ratchet_tree: Vec<u8>,
}

/// Why a group or a commit is refused.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A part is larger than its limit.
    #[error("larger than the limit")]
    TooLarge,
    /// A part is not what it should be.
    #[error("malformed")]
    Malformed(#[source] tls_codec::Error),
    /// The MLS message is of another kind than it should be.
    #[error("not an MLS message of the right kind")]
    Kind,
    /// It is for another conversation.
    #[error("for another conversation")]
    Conversation,
    /// The group is not of our suite, or has no profile of ours.
    #[error("not a group of this protocol version")]
    Profile,
    /// The founding is not one: more than the creator's leaf, or not epoch 0.
    #[error("a group begins with its creator alone")]
    Founding,
    /// It is for another epoch than the current one.
    #[error("for epoch {sent}, the group is in epoch {current}")]
    EpochStale {
        /// The epoch it was made for.
        sent: u64,
        /// The group's.
        current: u64,
    },
    /// `GroupInfo` and tree do not fit together.
    #[error("the GroupInfo does not fit the tree")]
    External(#[source] CreationFromExternalError<StorageError>),
    /// The commit is not valid MLS.
    #[error("the commit is not valid")]
    Process(#[source] PublicProcessMessageError),
    /// It was signed by another device than the one that sent it.
    #[error("committed by another device than the sender")]
    Sender,
    /// Its authenticated data is not ours.
    #[error("the commit's authenticated data is malformed")]
    AuthenticatedData(#[source] codec::DecodeError),
    /// A leaf is not certified.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] CommitRefused),
    /// The `GroupInfo` is not the committer's for the new epoch.
    #[error("the GroupInfo does not belong to the commit")]
    GroupInfo,
    /// The Welcome does not cover exactly the added devices.
    #[error("the Welcome does not cover exactly the added devices")]
    Welcome,
    /// The stored state cannot be read: a mistake of the server.
    #[error("the stored state is damaged")]
    State(#[from] SnapshotError),
    /// The same, within OpenMLS.
    #[error("the stored state is damaged")]
    Storage(#[from] StorageError),
    /// OpenMLS could not merge: a mistake of the server.
    #[error("the commit could not be merged")]
    Merge(#[source] openmls::prelude::MergeCommitError<StorageError>),
    /// OpenMLS failed where it must not.
    #[error("the group state is missing")]
    StateMissing,
}

impl CommitError {
    /// The code under which it leaves the server.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::TooLarge => ErrorCode::TooLarge,
            Self::EpochStale { .. } => ErrorCode::EpochStale,
            Self::GroupInfo | Self::External(_) => ErrorCode::GroupInfoInvalid,
            Self::Welcome => ErrorCode::WelcomeInvalid,
            Self::Malformed(_)
            | Self::Kind
            | Self::Conversation
            | Self::Profile
            | Self::Founding
            | Self::Process(_)
            | Self::Sender
            | Self::AuthenticatedData(_)
            | Self::Leaf(_)
            | Self::Refused(_) => ErrorCode::CommitInvalid,
            Self::State(_) | Self::Storage(_) | Self::Merge(_) | Self::StateMissing => ErrorCode::Internal,
        }
    }
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
    let profile = GroupProfile::read(group.group_context().extensions()).ok_or(CommitError::Profile)?;
    Ok(NewGroup {
        state: PublicState(provider.store().to_bytes()?),
        epoch: Epoch(0),
        kind: profile.kind,
        users: profile.users,
        members: vec![*member],
        creator: certificate.clone(),
    })
}

/// Checks a commit and all that came with it against the group before it.
pub fn check_commit(check: CommitCheck<'_>) -> Result<CheckedCommit, CommitError> {
    let bundle = check.bundle;
    if bundle.commit.len() > COMMIT_BYTES_MAX {
        return Err(CommitError::TooLarge);
    }
    let provider = Provider::new(MemoryKeyValue::from_bytes(check.state.as_bytes())?);
    let group_id = GroupId::from_slice(check.conversation.as_bytes());
    let mut group = PublicGroup::load(provider.storage(), &group_id)?.ok_or(CommitError::StateMissing)?;
    let profile = GroupProfile::read(group.group_context().extensions()).ok_or(CommitError::Profile)?;
    let before = commit::certified_members(group.members())?;

    let message = parse_commit(&check, group.group_context().epoch().as_u64())?;
    let confirmation_tag = message.confirmation_tag().ok_or(CommitError::Kind)?.clone();
    let committer = read_sender(&message, &before, check.sender)?;
    let processed = group
        .process_message(
            provider.crypto(),
            ProtocolMessage::PublicMessage(Box::new(message)),
        )
        .map_err(CommitError::Process)?;
    check_authenticated_data(processed.aad())?;
    let sender = processed.sender().clone();
    let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
        return Err(CommitError::Kind);
    };
    let allowed = commit::judge(&profile, &before, &sender, &staged)?;
    check_welcome(bundle, &staged, provider.crypto())?;
    group
        .merge_commit(provider.storage(), *staged)
        .map_err(CommitError::Merge)?;
    check_group_info(bundle, &group, committer, &confirmation_tag)?;

    let members: Vec<Member> = commit::certified_members(group.members())?
        .into_iter()
        .map(|m| m.member)
        .collect();
    let added = allowed.added.iter();
    let added = added
        .filter_map(|new| members.iter().find(|m| m.device == new.device).copied())
        .collect();
    Ok(CheckedCommit {
        epoch: Epoch(group.group_context().epoch().as_u64()),
        ratchet_tree: group
            .export_ratchet_tree()
            .tls_serialize_detached()
            .map_err(CommitError::Malformed)?,
        state: PublicState(provider.store().to_bytes()?),
        members,
        added,
        added_certificates: allowed.added,
        removed: allowed.removed,
    })
}

fn parse_commit(check: &CommitCheck<'_>, current: u64) -> Result<PublicMessageIn, CommitError> {
    let parsed = MlsMessageIn::tls_deserialize_exact(check.bundle.commit.as_slice())
        .map_err(CommitError::Malformed)?;
    let MlsMessageBodyIn::PublicMessage(message) = parsed.extract() else {
        return Err(CommitError::Kind);
    };
    if message.group_id().as_slice() != check.conversation.as_bytes() {
        return Err(CommitError::Conversation);
    }
    let sent = message.epoch().as_u64();
    if sent != current || check.epoch.0 != current {
        return Err(CommitError::EpochStale {
            sent: sent.min(check.epoch.0),
            current,
        });
    }
    Ok(message)
}

/// The leaf that the message names as its sender must be that of the device whose session sent it.
/// Whether it really signed is checked by MLS afterwards.
fn read_sender(
    message: &PublicMessageIn,
    before: &[CertifiedMember],
    device: DeviceId,
) -> Result<LeafNodeIndex, CommitError> {
    let Sender::Member(leaf) = message.sender() else {
        return Err(CommitError::Sender);
    };
    let sits = before
        .iter()
        .any(|known| known.member.leaf == leaf.u32() && known.member.device == device);
    if sits { Ok(*leaf) } else { Err(CommitError::Sender) }
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

/// The `GroupInfo` must be signed by the committer, hold exactly the new context and the commit's
/// confirmation tag, and no tree (design D2).
fn check_group_info(
    bundle: &CommitBundle,
    group: &PublicGroup,
    committer: LeafNodeIndex,
    confirmation_tag: &openmls::prelude::ConfirmationTag,
) -> Result<(), CommitError> {
    let info = parse_group_info(bundle.group_info.as_slice())?;
    let only_external_pub = info
        .extensions()
        .iter()
        .all(|extension| matches!(extension, Extension::ExternalPub(_)));
    if info.group_context() != group.group_context() || !only_external_pub {
        return Err(CommitError::GroupInfo);
    }
    // GroupInfoTBS ends with the confirmation tag and the signer (RFC 9420 section 12.4.3).
    let mut end = confirmation_tag
        .tls_serialize_detached()
        .map_err(CommitError::Malformed)?;
    end.extend(
        committer
            .tls_serialize_detached()
            .map_err(CommitError::Malformed)?,
    );
    if !info
        .unsigned_payload()
        .map_err(CommitError::Malformed)?
        .ends_with(&end)
    {
        return Err(CommitError::GroupInfo);
    }
    let key = group
        .members()
        .find(|member| member.index == committer)
        .ok_or(CommitError::GroupInfo)?
        .signature_key;
    let key =
        SignaturePublicKey::from(key).into_signature_public_key_enriched(CIPHERSUITE.signature_algorithm());
    let crypto = openmls_rust_crypto::RustCrypto::default();
    let verified: Result<GroupInfo, _> = info.verify(&crypto, &key);
    verified.map(|_| ()).map_err(|_| CommitError::GroupInfo)
}

fn parse_group_info(bytes: &[u8]) -> Result<VerifiableGroupInfo, CommitError> {
    if bytes.len() > GROUP_INFO_BYTES_MAX {
        return Err(CommitError::TooLarge);
    }
    let parsed = MlsMessageIn::tls_deserialize_exact(bytes).map_err(CommitError::Malformed)?;
    match parsed.extract() {
        MlsMessageBodyIn::GroupInfo(info) => Ok(info),
        _ => Err(CommitError::Kind),
    }
}
