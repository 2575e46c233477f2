//! A device's group: founding, joining, sending, and applying what the log brings.
//!
//! Nothing here is sent or stored by itself: every change goes into the [`KeyValue`] of the given
//! provider, which commits it together with the rest of the caller's step (design D14). After a
//! failed transaction the object must be dropped and loaded again.

use crate::certificate::DeviceKey;
use crate::commit::{self, AllowedCommit, CertifiedMember, CommitRefused};
use crate::key_package::{self, KeyPackageError};
use crate::member::{LeafError, Member};
use crate::message::{MessageError, read_authenticated_data};
use crate::storage::{KeyValue, Provider};
use crate::suite::{self, GroupProfile};
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    BasicCredential, CredentialWithKey, GroupId, KeyPackage, LeafNodeIndex, LeafNodeParameters, MlsGroup,
    MlsMessageBodyIn, MlsMessageIn, OpenMlsProvider as _, ProcessedMessageContent, ProtocolMessage,
    RatchetTreeIn, Sender, StagedWelcome,
};
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::message::{CommitAuthenticatedData, MessageAuthenticatedData};
use undertone_wire::{ConversationId, Epoch, PROTOCOL_VERSION, UserId, codec};

/// What a device signs with, and who certified it.
#[derive(Debug)]
pub struct MlsDevice {
    /// The signature key.
    pub key: DeviceKey,
    /// The user's certificate for it: the content of this device's credentials.
    pub certificate: Vec<u8>,
}

/// A commit that is made but not merged: it is, when its echo comes back through the log.
#[derive(Debug, Clone)]
pub struct PendingCommit {
    /// MLS `PublicMessage`.
    pub commit: Vec<u8>,
    /// MLS `GroupInfo` of the new epoch, without tree.
    pub group_info: Vec<u8>,
    /// MLS `Welcome`, if devices are added.
    pub welcome: Option<Vec<u8>>,
}

/// A message that was opened and whose sender is proven.
#[derive(Clone)]
pub struct Decrypted {
    /// What was encrypted.
    pub plaintext: Vec<u8>,
    /// The leaf that signed it.
    pub sender: Member,
    /// That leaf's certificate.
    pub certificate: DeviceCertificateBody,
    /// From the authenticated data.
    pub franking_tag: [u8; 32],
}

/// A commit that was applied: the group is in its next epoch.
#[derive(Debug, Clone)]
pub struct CommitApplied {
    /// Who committed.
    pub committer: Member,
    /// Who came.
    pub added: Vec<Member>,
    /// Who went.
    pub removed: Vec<Member>,
    /// What the committer had seen of the log; missing for one's own commit.
    pub seen: Option<SeenEntry>,
    /// True if this device is no longer a member.
    pub own_device_removed: bool,
}

/// Why an operation on a group failed. The group is unchanged, unless the store failed.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// Bytes are not an MLS message.
    #[error("the message is malformed")]
    Malformed(#[source] tls_codec::Error),
    /// An MLS message of another kind than expected.
    #[error("an MLS message of another kind")]
    Kind,
    /// It is for another conversation.
    #[error("for another conversation")]
    Conversation,
    /// Not a group of this protocol version.
    #[error("not a group of this protocol version")]
    Profile,
    /// A leaf is not certified.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// A commit is not allowed.
    #[error(transparent)]
    Refused(#[from] CommitRefused),
    /// A key package cannot be used.
    #[error(transparent)]
    KeyPackage(#[from] KeyPackageError),
    /// The authenticated data is not ours.
    #[error(transparent)]
    AuthenticatedData(#[from] MessageError),
    /// The authenticated data of a commit is not ours.
    #[error("the commit's authenticated data is malformed")]
    CommitData(#[source] codec::DecodeError),
    /// Something could not be written as CBOR.
    #[error("cannot be encoded")]
    Encode(#[from] codec::EncodeError),
    /// There is no commit of ours to merge.
    #[error("there is no pending commit")]
    NoPendingCommit,
    /// OpenMLS refused, or its store failed.
    #[error("{operation} failed")]
    Mls {
        /// What was tried.
        operation: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

fn failed<E: std::error::Error + Send + Sync + 'static>(
    operation: &'static str,
) -> impl FnOnce(E) -> GroupError {
    move |source| GroupError::Mls {
        operation,
        source: Box::new(source),
    }
}

impl MlsDevice {
    /// Makes key packages; their private parts go into the store.
    pub fn make_key_packages<S: KeyValue>(
        &self,
        provider: &Provider<S>,
        count: usize,
        last_resort: bool,
    ) -> Result<Vec<Vec<u8>>, GroupError> {
        (0..count)
            .map(|_| self.make_key_package(provider, last_resort))
            .collect()
    }

    fn make_key_package<S: KeyValue>(
        &self,
        provider: &Provider<S>,
        last_resort: bool,
    ) -> Result<Vec<u8>, GroupError> {
        let mut builder = KeyPackage::builder()
            .leaf_node_capabilities(suite::capabilities())
            .key_package_lifetime(suite::lifetime());
        if last_resort {
            builder = builder.mark_as_last_resort();
        }
        let bundle = builder
            .build(suite::CIPHERSUITE, provider, &self.key, self.credential())
            .map_err(failed("making a key package"))?;
        bundle
            .key_package()
            .tls_serialize_detached()
            .map_err(GroupError::Malformed)
    }

    fn credential(&self) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(self.certificate.clone()).into(),
            signature_key: self.key.public().to_vec().into(),
        }
    }
}

/// One device's state of one group.
#[derive(Debug)]
pub struct Group {
    mls: MlsGroup,
    conversation: ConversationId,
    profile: GroupProfile,
}

impl Group {
    /// Founds a group with this device alone, in epoch 0.
    pub fn create<S: KeyValue>(
        provider: &Provider<S>,
        device: &MlsDevice,
        conversation: ConversationId,
        kind: ConversationKind,
        users: &[UserId],
    ) -> Result<Self, GroupError> {
        let config = suite::create_config(GroupProfile::new(kind, users)).ok_or(GroupError::Profile)?;
        let group_id = GroupId::from_slice(conversation.as_bytes());
        let mls = MlsGroup::new_with_group_id(provider, &device.key, &config, group_id, device.credential())
            .map_err(failed("founding the group"))?;
        Self::wrap(mls)
    }

    /// Loads the group of a conversation.
    pub fn load<S: KeyValue>(
        provider: &Provider<S>,
        conversation: ConversationId,
    ) -> Result<Option<Self>, GroupError> {
        let group_id = GroupId::from_slice(conversation.as_bytes());
        let mls = MlsGroup::load(provider.storage(), &group_id).map_err(failed("loading the group"))?;
        mls.map(Self::wrap).transpose()
    }

    /// Joins by a Welcome, with the ratchet tree of its epoch. Every leaf must be certified and
    /// every device and identity key there once. Leaf lifetimes are not checked, so that one stale member cannot block joiners (design D5).
    pub fn join<S: KeyValue>(
        provider: &Provider<S>,
        welcome: &[u8],
        ratchet_tree: &[u8],
    ) -> Result<Self, GroupError> {
        let MlsMessageBodyIn::Welcome(welcome) = parse(welcome)?.extract() else {
            return Err(GroupError::Kind);
        };
        let tree = RatchetTreeIn::tls_deserialize_exact(ratchet_tree).map_err(GroupError::Malformed)?;
        let staged = StagedWelcome::build_from_welcome(provider, &suite::join_config(), welcome)
            .map_err(failed("opening the Welcome"))?
            .with_ratchet_tree(tree)
            .skip_lifetime_validation()
            .replace_old_group()
            .build()
            .map_err(failed("checking the Welcome"))?;
        let profile = GroupProfile::read(staged.group_context().extensions()).ok_or(GroupError::Profile)?;
        let members = commit::certified_members(staged.members())?;
        commit::check_members(&members)?;
        if members
            .iter()
            .any(|certified| !profile.users.contains(&certified.member.user))
        {
            return Err(GroupError::Profile);
        }
        Self::wrap(staged.into_group(provider).map_err(failed("joining the group"))?)
    }

    fn wrap(mls: MlsGroup) -> Result<Self, GroupError> {
        let profile = GroupProfile::read(mls.extensions()).ok_or(GroupError::Profile)?;
        let conversation =
            ConversationId::try_from(mls.group_id().as_slice()).map_err(|_| GroupError::Conversation)?;
        if mls.ciphersuite() != suite::CIPHERSUITE {
            return Err(GroupError::Profile);
        }
        Ok(Self {
            mls,
            conversation,
            profile,
        })
    }

    /// What the server needs to follow the group from here: `GroupInfo` without tree, and the tree.
    pub fn export_for_server<S: KeyValue>(
        &self,
        provider: &Provider<S>,
        device: &MlsDevice,
    ) -> Result<(Vec<u8>, Vec<u8>), GroupError> {
        let info = self
            .mls
            .export_group_info(provider.crypto(), &device.key, false)
            .map_err(failed("exporting the GroupInfo"))?;
        let info = info.to_bytes().map_err(failed("encoding the GroupInfo"))?;
        let tree = self
            .mls
            .export_ratchet_tree()
            .tls_serialize_detached()
            .map_err(GroupError::Malformed)?;
        Ok((info, tree))
    }

    /// Commits to adding devices, with a fresh path. Not merged until its echo.
    pub fn add<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        device: &MlsDevice,
        key_packages: &[Vec<u8>],
        seen: &SeenEntry,
    ) -> Result<PendingCommit, GroupError> {
        let packages: Result<Vec<_>, _> = key_packages
            .iter()
            .map(|bytes| key_package::parse(bytes))
            .collect();
        let packages = packages?.into_iter().map(|(package, _)| package).collect();
        self.commit(
            provider,
            device,
            Change {
                add: packages,
                remove: Vec::new(),
            },
            seen,
        )
    }

    /// Commits to removing the devices at these leaves. Not merged until its echo.
    pub fn remove<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        device: &MlsDevice,
        leaves: &[u32],
        seen: &SeenEntry,
    ) -> Result<PendingCommit, GroupError> {
        let remove = leaves.iter().copied().map(LeafNodeIndex::new).collect();
        self.commit(
            provider,
            device,
            Change {
                add: Vec::new(),
                remove,
            },
            seen,
        )
    }

    /// Commits to fresh keys for this device (post-compromise security). Not merged until its echo.
    pub fn self_update<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        device: &MlsDevice,
        seen: &SeenEntry,
    ) -> Result<PendingCommit, GroupError> {
        self.commit(
            provider,
            device,
            Change {
                add: Vec::new(),
                remove: Vec::new(),
            },
            seen,
        )
    }

    fn commit<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        device: &MlsDevice,
        change: Change,
        seen: &SeenEntry,
    ) -> Result<PendingCommit, GroupError> {
        let data = CommitAuthenticatedData {
            version: PROTOCOL_VERSION,
            seen: seen.clone(),
        };
        self.mls.set_aad(codec::to_cbor(&data)?);
        let bundle = self
            .mls
            .commit_builder()
            .consume_proposal_store(false)
            .force_self_update(true)
            .propose_adds(change.add)
            .propose_removals(change.remove)
            .leaf_node_parameters(LeafNodeParameters::default())
            .load_psks(provider.storage())
            .map_err(failed("preparing the commit"))?
            .create_group_info(true)
            .use_ratchet_tree_extension(false)
            .build(provider.rand(), provider.crypto(), &device.key, |_| true)
            .map_err(failed("building the commit"))?
            .stage_commit(provider)
            .map_err(failed("staging the commit"))?;
        let (commit, welcome, group_info) = bundle.into_messages();
        let encode = |message: openmls::prelude::MlsMessageOut| {
            message.to_bytes().map_err(failed("encoding the commit"))
        };
        Ok(PendingCommit {
            commit: encode(commit)?,
            group_info: encode(group_info.ok_or(GroupError::Kind)?)?,
            welcome: welcome.map(encode).transpose()?,
        })
    }

    /// Merges this device's own pending commit, once the log has it.
    pub fn merge_pending<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
    ) -> Result<CommitApplied, GroupError> {
        let before = self.certified()?;
        let pending = self.mls.pending_commit().ok_or(GroupError::NoPendingCommit)?;
        let own = Sender::Member(self.mls.own_leaf_index());
        let allowed = commit::judge(&self.profile, &before, &own, pending)?;
        let committer = find(&before, self.mls.own_leaf_index().u32())?;
        self.mls
            .merge_pending_commit(provider)
            .map_err(failed("merging the commit"))?;
        self.applied(committer, &allowed, None)
    }

    /// Forgets this device's own pending commit, after a refusal.
    pub fn clear_pending<S: KeyValue>(&mut self, provider: &Provider<S>) -> Result<(), GroupError> {
        self.mls
            .clear_pending_commit(provider.storage())
            .map_err(failed("clearing the commit"))
    }

    /// Applies another device's commit. It is judged again by the rule function; one's own pending
    /// commit is dropped, since another won.
    pub fn apply_commit<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        commit: &[u8],
    ) -> Result<CommitApplied, GroupError> {
        let message = parse(commit)?
            .try_into_protocol_message()
            .map_err(failed("reading the commit"))?;
        let ProtocolMessage::PublicMessage(_) = &message else {
            return Err(GroupError::Kind);
        };
        let before = self.certified()?;
        let processed = self
            .mls
            .process_message(provider, message)
            .map_err(failed("checking the commit"))?;
        let data: CommitAuthenticatedData =
            codec::from_cbor(processed.aad()).map_err(GroupError::CommitData)?;
        if data.version != PROTOCOL_VERSION {
            return Err(GroupError::Profile);
        }
        let sender = processed.sender().clone();
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err(GroupError::Kind);
        };
        let allowed = commit::judge(&self.profile, &before, &sender, &staged)?;
        let Sender::Member(leaf) = sender else {
            return Err(GroupError::Kind);
        };
        let committer = find(&before, leaf.u32())?;
        self.mls
            .merge_staged_commit(provider, *staged)
            .map_err(failed("merging the commit"))?;
        self.applied(committer, &allowed, Some(data.seen))
    }

    fn applied(
        &self,
        committer: Member,
        allowed: &AllowedCommit,
        seen: Option<SeenEntry>,
    ) -> Result<CommitApplied, GroupError> {
        let members = self.members()?;
        let added = allowed.added.iter();
        let added = added
            .filter_map(|new| members.iter().find(|m| m.device == new.device).copied())
            .collect();
        let own_device_removed = !self.mls.is_active();
        Ok(CommitApplied {
            committer,
            added,
            removed: allowed.removed.clone(),
            seen,
            own_device_removed,
        })
    }

    /// Encrypts an application message. `plaintext` must be padded already.
    pub fn encrypt<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        device: &MlsDevice,
        plaintext: &[u8],
        franking_tag: [u8; 32],
    ) -> Result<Vec<u8>, GroupError> {
        let data = MessageAuthenticatedData {
            version: PROTOCOL_VERSION,
            franking_tag: franking_tag.to_vec().into(),
        };
        self.mls.set_aad(codec::to_cbor(&data)?);
        let message = self
            .mls
            .create_message(provider, &device.key, plaintext)
            .map_err(failed("encrypting the message"))?;
        message.to_bytes().map_err(failed("encoding the message"))
    }

    /// Opens another device's application message. One's own cannot be opened.
    pub fn decrypt<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        message: &[u8],
    ) -> Result<Decrypted, GroupError> {
        let message = parse(message)?
            .try_into_protocol_message()
            .map_err(failed("reading the message"))?;
        let ProtocolMessage::PrivateMessage(_) = &message else {
            return Err(GroupError::Kind);
        };
        let processed = self
            .mls
            .process_message(provider, message)
            .map_err(failed("opening the message"))?;
        let Sender::Member(leaf) = *processed.sender() else {
            return Err(GroupError::Kind);
        };
        let franking_tag = read_authenticated_data(processed.aad())?;
        let ProcessedMessageContent::ApplicationMessage(content) = processed.into_content() else {
            return Err(GroupError::Kind);
        };
        let members = self.certified()?;
        let sender = members
            .into_iter()
            .find(|c| c.member.leaf == leaf.u32())
            .ok_or(GroupError::Kind)?;
        Ok(Decrypted {
            plaintext: content.into_bytes(),
            sender: sender.member,
            certificate: sender.certificate,
            franking_tag,
        })
    }

    /// Deletes the group from the store.
    pub fn delete<S: KeyValue>(mut self, provider: &Provider<S>) -> Result<(), GroupError> {
        self.mls
            .delete(provider.storage())
            .map_err(failed("deleting the group"))
    }

    /// The current epoch.
    pub fn epoch(&self) -> Epoch {
        Epoch(self.mls.epoch().as_u64())
    }

    /// Which conversation it is.
    pub fn conversation(&self) -> ConversationId {
        self.conversation
    }

    /// What the conversation is for.
    pub fn kind(&self) -> ConversationKind {
        self.profile.kind
    }

    /// Whose devices may be in it.
    pub fn users(&self) -> &[UserId] {
        &self.profile.users
    }

    /// Its members.
    pub fn members(&self) -> Result<Vec<Member>, GroupError> {
        Ok(self
            .certified()?
            .into_iter()
            .map(|certified| certified.member)
            .collect())
    }

    /// The certificates of all leaves, to be compared with the pinned identity keys.
    pub fn certificates(&self) -> Result<Vec<DeviceCertificateBody>, GroupError> {
        Ok(self
            .certified()?
            .into_iter()
            .map(|certified| certified.certificate)
            .collect())
    }

    /// Equal for all who are in the same group (RFC 9420 section 8.7).
    pub fn epoch_authenticator(&self) -> Vec<u8> {
        self.mls.epoch_authenticator().as_slice().to_vec()
    }

    /// True between a commit and its echo.
    pub fn has_pending_commit(&self) -> bool {
        self.mls.pending_commit().is_some()
    }

    fn certified(&self) -> Result<Vec<CertifiedMember>, GroupError> {
        Ok(commit::certified_members(self.mls.members())?)
    }
}

/// What a commit of ours changes.
struct Change {
    add: Vec<KeyPackage>,
    remove: Vec<LeafNodeIndex>,
}

fn find(members: &[CertifiedMember], leaf: u32) -> Result<Member, GroupError> {
    members
        .iter()
        .find(|c| c.member.leaf == leaf)
        .map(|c| c.member)
        .ok_or(GroupError::Kind)
}

fn parse(bytes: &[u8]) -> Result<MlsMessageIn, GroupError> {
    MlsMessageIn::tls_deserialize_exact(bytes).map_err(GroupError::Malformed)
}
