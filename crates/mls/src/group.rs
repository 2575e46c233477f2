//! A device's group: founding, joining, sending, and applying what the log brings.
//!
//! Nothing here is sent or stored by itself: every change goes into the [`KeyValue`] of the given
//! provider, which commits it together with the rest of the caller's step (design D14). After a
//! failed transaction the object must be dropped and loaded again.

use crate::certificate::DeviceKey;
use crate::commit::{self, CertifiedMember};
use crate::member::Member;
use crate::message::read_authenticated_data;
use crate::storage::{KeyValue, Provider};
use crate::suite;
use openmls::group::GroupContext;
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    BasicCredential, CredentialWithKey, GroupId, KeyPackage, MlsGroup, MlsMessageIn, OpenMlsProvider as _,
    ProcessedMessageContent, ProtocolMessage, Sender,
};
use openmls_traits::storage::StorageProvider as _;
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::group::GroupProfile;
use undertone_wire::message::MessageAuthenticatedData;
use undertone_wire::{ConversationId, Epoch, PROTOCOL_VERSION, UserId, codec};
use zeroize::Zeroizing;

mod author;
mod change;
mod error;
mod join;
#[cfg(feature = "testing")]
pub mod rogue;
mod room;

pub use change::GroupChange;
pub use error::GroupError;
use error::failed;
pub use join::{ExternalJoin, ExternallyJoined, UnverifiedGroupInfo, read_group_info};
pub use room::RoomPsk;

/// From what the key of a leaf's signals is exported (RFC 9420 section 8.5).
const SIGNAL_LABEL: &str = "undertone signal v1";

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
    /// Those among them who asked for it.
    pub left: Vec<Member>,
    /// True if the committer came by this commit: then they are in `added`, and in `removed` if they were
    /// there before.
    pub external: bool,
    /// What the members agreed on before.
    pub before: GroupProfile,
    /// What they agree on now.
    pub after: GroupProfile,
    /// A guest who became an account, by their new certificate.
    pub renamed: Option<DeviceCertificateBody>,
    /// What the committer had seen of the log; missing for one's own commit, and from whoever came by it.
    pub seen: Option<SeenEntry>,
    /// True if this device is no longer a member.
    pub own_device_removed: bool,
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
    /// Loads the group of a conversation.
    pub fn load<S: KeyValue>(
        provider: &Provider<S>,
        conversation: ConversationId,
    ) -> Result<Option<Self>, GroupError> {
        let group_id = GroupId::from_slice(conversation.as_bytes());
        let mls = MlsGroup::load(provider.storage(), &group_id).map_err(failed("loading the group"))?;
        mls.map(Self::wrap).transpose()
    }

    /// The epoch of a conversation's group as it is stored: one value is read, neither tree nor secrets.
    pub fn stored_epoch<S: KeyValue>(
        provider: &Provider<S>,
        conversation: ConversationId,
    ) -> Result<Option<Epoch>, GroupError> {
        let group_id = GroupId::from_slice(conversation.as_bytes());
        let context = provider.storage().group_context(&group_id);
        let context: Option<GroupContext> = context.map_err(failed("reading the group's context"))?;
        Ok(context.map(|context| Epoch(context.epoch().as_u64())))
    }

    fn wrap(mls: MlsGroup) -> Result<Self, GroupError> {
        let profile = suite::read_profile(mls.extensions()).ok_or(GroupError::Profile)?;
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
        let sender = self.mls.member_at(leaf).ok_or(GroupError::Kind)?;
        let sender = CertifiedMember::known(&sender)?;
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

    /// What the members agree on.
    pub fn profile(&self) -> &GroupProfile {
        &self.profile
    }

    /// What the conversation is for.
    pub fn kind(&self) -> ConversationKind {
        self.profile.kind
    }

    /// Whose devices may be in a direct conversation.
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

    /// The key of a leaf's signals in this epoch (design D12). Every member can derive every leaf's.
    pub fn signal_key<S: KeyValue>(
        &self,
        provider: &Provider<S>,
        leaf: u32,
    ) -> Result<Zeroizing<[u8; 32]>, GroupError> {
        let mut key = Zeroizing::new([0; 32]);
        let exported = self
            .mls
            .export_secret(provider.crypto(), SIGNAL_LABEL, &leaf.to_be_bytes(), key.len())
            .map(Zeroizing::new)
            .map_err(failed("exporting a signal key"))?;
        key.copy_from_slice(exported.get(..32).ok_or(GroupError::Kind)?);
        Ok(key)
    }

    /// This device's leaf.
    pub fn own_leaf(&self) -> u32 {
        self.mls.own_leaf_index().u32()
    }

    /// True between a commit and its echo.
    pub fn has_pending_commit(&self) -> bool {
        self.mls.pending_commit().is_some()
    }

    fn certified(&self) -> Result<Vec<CertifiedMember>, GroupError> {
        Ok(commit::known_members(self.mls.members())?)
    }
}

fn parse(bytes: &[u8]) -> Result<MlsMessageIn, GroupError> {
    MlsMessageIn::tls_deserialize_exact(bytes).map_err(GroupError::Malformed)
}
