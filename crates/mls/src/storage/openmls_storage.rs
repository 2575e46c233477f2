//! OpenMLS's storage trait, method by method: each is one line on a [`Table`].

use super::{KeyValue, Storage, StorageError, Table};
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider, traits};

type Done = Result<(), StorageError>;

/// Setters: generics in the trait's order, then the types of key and value.
macro_rules! put {
    ($($method:ident<$A:ident, $B:ident>($K:ident, $V:ident) in $table:ident;)*) => {$(
        fn $method<$A: traits::$A<CURRENT_VERSION>, $B: traits::$B<CURRENT_VERSION>>(&self, key: &$K, value: &$V) -> Done {
            self.put(Table::$table, key, value)
        }
    )*};
}

/// Getters of one value.
macro_rules! take {
    ($($method:ident<$A:ident, $B:ident>($K:ident) -> $V:ident in $table:ident;)*) => {$(
        fn $method<$A: traits::$A<CURRENT_VERSION>, $B: traits::$B<CURRENT_VERSION>>(
            &self,
            key: &$K,
        ) -> Result<Option<$V>, StorageError> {
            self.take(Table::$table, key)
        }
    )*};
}

/// Deleters of one value.
macro_rules! remove {
    ($($method:ident<$K:ident> in $table:ident;)*) => {$(
        fn $method<$K: traits::$K<CURRENT_VERSION>>(&self, key: &$K) -> Done {
            self.remove(Table::$table, key)
        }
    )*};
}

impl<S: KeyValue> StorageProvider<CURRENT_VERSION> for Storage<S> {
    type Error = StorageError;

    put! {
        write_mls_join_config<GroupId, MlsGroupJoinConfig>(GroupId, MlsGroupJoinConfig) in JoinConfig;
        write_tree<GroupId, TreeSync>(GroupId, TreeSync) in Tree;
        write_interim_transcript_hash<GroupId, InterimTranscriptHash>(GroupId, InterimTranscriptHash) in InterimTranscriptHash;
        write_context<GroupId, GroupContext>(GroupId, GroupContext) in GroupContext;
        write_confirmation_tag<GroupId, ConfirmationTag>(GroupId, ConfirmationTag) in ConfirmationTag;
        write_group_state<GroupState, GroupId>(GroupId, GroupState) in GroupState;
        write_message_secrets<GroupId, MessageSecrets>(GroupId, MessageSecrets) in MessageSecrets;
        write_resumption_psk_store<GroupId, ResumptionPskStore>(GroupId, ResumptionPskStore) in ResumptionPsks;
        write_own_leaf_index<GroupId, LeafNodeIndex>(GroupId, LeafNodeIndex) in OwnLeafIndex;
        write_group_epoch_secrets<GroupId, GroupEpochSecrets>(GroupId, GroupEpochSecrets) in EpochSecrets;
        write_signature_key_pair<SignaturePublicKey, SignatureKeyPair>(SignaturePublicKey, SignatureKeyPair) in SignatureKeyPair;
        write_encryption_key_pair<EncryptionKey, HpkeKeyPair>(EncryptionKey, HpkeKeyPair) in EncryptionKeyPair;
        write_key_package<HashReference, KeyPackage>(HashReference, KeyPackage) in KeyPackage;
        write_psk<PskId, PskBundle>(PskId, PskBundle) in Psk;
    }

    take! {
        mls_group_join_config<GroupId, MlsGroupJoinConfig>(GroupId) -> MlsGroupJoinConfig in JoinConfig;
        tree<GroupId, TreeSync>(GroupId) -> TreeSync in Tree;
        group_context<GroupId, GroupContext>(GroupId) -> GroupContext in GroupContext;
        interim_transcript_hash<GroupId, InterimTranscriptHash>(GroupId) -> InterimTranscriptHash in InterimTranscriptHash;
        confirmation_tag<GroupId, ConfirmationTag>(GroupId) -> ConfirmationTag in ConfirmationTag;
        group_state<GroupState, GroupId>(GroupId) -> GroupState in GroupState;
        message_secrets<GroupId, MessageSecrets>(GroupId) -> MessageSecrets in MessageSecrets;
        resumption_psk_store<GroupId, ResumptionPskStore>(GroupId) -> ResumptionPskStore in ResumptionPsks;
        own_leaf_index<GroupId, LeafNodeIndex>(GroupId) -> LeafNodeIndex in OwnLeafIndex;
        group_epoch_secrets<GroupId, GroupEpochSecrets>(GroupId) -> GroupEpochSecrets in EpochSecrets;
        signature_key_pair<SignaturePublicKey, SignatureKeyPair>(SignaturePublicKey) -> SignatureKeyPair in SignatureKeyPair;
        encryption_key_pair<HpkeKeyPair, EncryptionKey>(EncryptionKey) -> HpkeKeyPair in EncryptionKeyPair;
        key_package<HashReference, KeyPackage>(HashReference) -> KeyPackage in KeyPackage;
        psk<PskBundle, PskId>(PskId) -> PskBundle in Psk;
    }

    remove! {
        delete_own_leaf_nodes<GroupId> in OwnLeafNodes;
        delete_group_config<GroupId> in JoinConfig;
        delete_tree<GroupId> in Tree;
        delete_confirmation_tag<GroupId> in ConfirmationTag;
        delete_group_state<GroupId> in GroupState;
        delete_context<GroupId> in GroupContext;
        delete_interim_transcript_hash<GroupId> in InterimTranscriptHash;
        delete_message_secrets<GroupId> in MessageSecrets;
        delete_all_resumption_psk_secrets<GroupId> in ResumptionPsks;
        delete_own_leaf_index<GroupId> in OwnLeafIndex;
        delete_group_epoch_secrets<GroupId> in EpochSecrets;
        delete_signature_key_pair<SignaturePublicKey> in SignatureKeyPair;
        delete_encryption_key_pair<EncryptionKey> in EncryptionKeyPair;
        delete_key_package<HashReference> in KeyPackage;
        delete_psk<PskId> in Psk;
    }

    fn append_own_leaf_node<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        LeafNode: traits::LeafNode<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
        leaf_node: &LeafNode,
    ) -> Done {
        let mut nodes: Vec<LeafNode> = self.own_leaf_nodes(group_id)?;
        // The node is written and read back to own it: the trait lends it only.
        let owned = undertone_wire::codec::from_cbor(&undertone_wire::codec::to_cbor(leaf_node)?)?;
        nodes.push(owned);
        self.put(Table::OwnLeafNodes, group_id, &nodes)
    }

    fn own_leaf_nodes<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        LeafNode: traits::LeafNode<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<LeafNode>, StorageError> {
        Ok(self.take(Table::OwnLeafNodes, group_id)?.unwrap_or_default())
    }

    fn queue_proposal<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        ProposalRef: traits::ProposalRef<CURRENT_VERSION>,
        QueuedProposal: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
        proposal_ref: &ProposalRef,
        proposal: &QueuedProposal,
    ) -> Done {
        self.put(Table::QueuedProposal, &(group_id, proposal_ref), proposal)?;
        let mut refs = self.encoded_refs(group_id)?;
        refs.push(undertone_wire::codec::to_cbor(proposal_ref)?);
        self.put(Table::ProposalRefs, group_id, &refs)
    }

    fn queued_proposal_refs<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        ProposalRef: traits::ProposalRef<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<ProposalRef>, StorageError> {
        let refs = self.encoded_refs(group_id)?;
        refs.iter()
            .map(|bytes| Ok(undertone_wire::codec::from_cbor(bytes)?))
            .collect()
    }

    fn queued_proposals<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        ProposalRef: traits::ProposalRef<CURRENT_VERSION>,
        QueuedProposal: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<(ProposalRef, QueuedProposal)>, StorageError> {
        let refs: Vec<ProposalRef> = self.queued_proposal_refs(group_id)?;
        let mut proposals = Vec::with_capacity(refs.len());
        for proposal_ref in refs {
            if let Some(proposal) = self.take(Table::QueuedProposal, &(group_id, &proposal_ref))? {
                proposals.push((proposal_ref, proposal));
            }
        }
        Ok(proposals)
    }

    fn remove_proposal<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        ProposalRef: traits::ProposalRef<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
        proposal_ref: &ProposalRef,
    ) -> Done {
        let gone = undertone_wire::codec::to_cbor(proposal_ref)?;
        let mut refs = self.encoded_refs(group_id)?;
        refs.retain(|bytes| *bytes != gone);
        self.put(Table::ProposalRefs, group_id, &refs)?;
        self.remove(Table::QueuedProposal, &(group_id, proposal_ref))
    }

    fn clear_proposal_queue<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        ProposalRef: traits::ProposalRef<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
    ) -> Done {
        let refs: Vec<ProposalRef> = self.queued_proposal_refs(group_id)?;
        for proposal_ref in &refs {
            self.remove(Table::QueuedProposal, &(group_id, proposal_ref))?;
        }
        self.remove(Table::ProposalRefs, group_id)
    }

    fn write_encryption_epoch_key_pairs<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        EpochKey: traits::EpochKey<CURRENT_VERSION>,
        HpkeKeyPair: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
        key_pairs: &[HpkeKeyPair],
    ) -> Done {
        self.put(Table::EpochKeyPairs, &(group_id, epoch, leaf_index), key_pairs)
    }

    fn encryption_epoch_key_pairs<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        EpochKey: traits::EpochKey<CURRENT_VERSION>,
        HpkeKeyPair: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
    ) -> Result<Vec<HpkeKeyPair>, StorageError> {
        Ok(self
            .take(Table::EpochKeyPairs, &(group_id, epoch, leaf_index))?
            .unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        EpochKey: traits::EpochKey<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
    ) -> Done {
        self.remove(Table::EpochKeyPairs, &(group_id, epoch, leaf_index))
    }
}

impl<S: KeyValue> Storage<S> {
    fn encoded_refs<GroupId: traits::GroupId<CURRENT_VERSION>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<Vec<u8>>, StorageError> {
        Ok(self.take(Table::ProposalRefs, group_id)?.unwrap_or_default())
    }
}
