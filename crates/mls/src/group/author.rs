//! Who made a commit that cannot be processed: for naming them, not for letting anybody in.

use super::{Group, GroupError, MlsDevice, failed, parse};
use crate::member;
use crate::storage::{KeyValue, MemoryKeyValue, Provider};
use openmls::prelude::{
    MlsMessageBodyIn, OpenMlsProvider as _, ProcessedMessageContent, ProposalStore, PublicGroup,
    RatchetTreeIn,
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
}
