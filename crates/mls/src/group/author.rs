//! Who made a commit that cannot be processed, or a `GroupInfo` by which nobody can join: for naming
//! them, not for letting anybody in.

use super::join::signer_of;
use super::{Group, GroupError, MlsDevice, failed, parse};
use crate::member::{self, Member};
use crate::storage::{KeyValue, MemoryKeyValue, Provider};
use crate::suite::CIPHERSUITE;
use openmls::messages::group_info::{GroupInfo, VerifiableGroupInfo};
use openmls::prelude::{
    Extension, MlsMessageBodyIn, OpenMlsProvider as _, ProcessedMessageContent, ProposalStore, PublicGroup,
    RatchetTreeIn, SignaturePublicKey, Verifiable as _,
};
use undertone_wire::device::DeviceCertificateBody;

impl Group {
    /// The certificate of whoever signed a commit of the current epoch, also where its secrets are of no
    /// use: found with the public half of the group alone, as the server does.
    pub fn author_of<S: KeyValue>(
        &self,
        provider: &Provider<S>,
        device: &MlsDevice,
        commit: &[u8],
    ) -> Result<DeviceCertificateBody, GroupError> {
        let info = self.export_group_info(provider, device)?;
        let MlsMessageBodyIn::GroupInfo(info) = parse(&info)?.extract() else {
            return Err(GroupError::Kind);
        };
        let tree = RatchetTreeIn::from(self.mls.export_ratchet_tree());
        let public = Provider::new(MemoryKeyValue::default());
        let (group, _) = PublicGroup::from_external(
            public.crypto(),
            public.storage(),
            tree,
            info,
            ProposalStore::new(),
        )
        .map_err(failed("reading the public half"))?;
        let message = parse(commit)?
            .try_into_protocol_message()
            .map_err(failed("reading the commit"))?;
        let processed = group
            .process_message(public.crypto(), message)
            .map_err(failed("checking the commit's signature"))?;
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err(GroupError::Kind);
        };
        let leaf = staged.update_path_leaf_node().ok_or(GroupError::Kind)?;
        Ok(member::read_leaf(
            leaf.credential(),
            leaf.signature_key().as_slice(),
        )?)
    }

    /// Whoever signed this `GroupInfo` of the current epoch, if it names another external key than the
    /// one that follows from this device's own secrets: whoever joins by it makes a commit that no
    /// member can process. The signature is the proof, so nobody can be blamed for what they did not sign.
    pub fn kept_out_by<S: KeyValue>(
        &self,
        provider: &Provider<S>,
        device: &MlsDevice,
        group_info: &[u8],
    ) -> Result<Option<Member>, GroupError> {
        let (shown, own) = (
            read(group_info)?,
            read(&self.export_group_info(provider, device)?)?,
        );
        let is_of_this_epoch = shown.group_context() == own.group_context();
        if !is_of_this_epoch || external_key(&shown) == external_key(&own) {
            return Ok(None);
        }
        let leaf = signer_of(&shown)?;
        let signer = self.mls.members().find(|member| member.index.u32() == leaf);
        let Some(signer) = signer else { return Ok(None) };
        let key = SignaturePublicKey::from(signer.signature_key)
            .into_signature_public_key_enriched(CIPHERSUITE.signature_algorithm());
        let verified: Result<GroupInfo, _> = shown.verify(provider.crypto(), &key);
        if verified.is_err() {
            return Ok(None);
        }
        let member = self.members()?.into_iter().find(|member| member.leaf == leaf);
        Ok(member)
    }
}

fn read(group_info: &[u8]) -> Result<VerifiableGroupInfo, GroupError> {
    match parse(group_info)?.extract() {
        MlsMessageBodyIn::GroupInfo(info) => Ok(info),
        _ => Err(GroupError::Kind),
    }
}

fn external_key(info: &VerifiableGroupInfo) -> Option<&[u8]> {
    info.extensions().iter().find_map(|extension| match extension {
        Extension::ExternalPub(key) => Some(key.external_pub().as_slice()),
        _ => None,
    })
}
