//! The `GroupInfo` by which others come in, as the server checks it: that it belongs to the group and is
//! signed by whom it says. Whether its external key is the right one only members know.

use super::{CommitError, Loaded, PublicState};
use crate::crypto::SuiteCrypto;
use crate::member::Member;
use crate::suite::CIPHERSUITE;
use openmls::messages::group_info::{GroupInfo, VerifiableGroupInfo};
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    ConfirmationTag, Extension, LeafNodeIndex, MlsMessageBodyIn, MlsMessageIn, PublicGroup,
    SignaturePublicKey, Verifiable as _,
};
use openmls_traits::crypto::OpenMlsCrypto as _;
use undertone_wire::limits::GROUP_INFO_BYTES_MAX;
use undertone_wire::{ConversationId, DeviceId};

/// A `GroupInfo` that is to replace the one of the current epoch.
#[derive(Debug, Clone, Copy)]
pub struct ReplacementCheck<'a> {
    /// The group.
    pub state: &'a PublicState,
    /// Which conversation it was sent to.
    pub conversation: ConversationId,
    /// The device whose session sent it.
    pub sender: DeviceId,
    /// What the server serves now.
    pub present: &'a [u8],
    /// What it is to serve.
    pub fresh: &'a [u8],
}

/// What a `GroupInfo` that belongs to the group says about the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// It is of the same user: one word, said twice.
    OwnWord,
    /// Another user names the same external key.
    SameKey,
    /// Another user names another external key: one of the two is wrong, and only members know which.
    OtherKey,
}

/// Checks a `GroupInfo` that is to replace the one of the current epoch: signed by the sender's leaf,
/// with the present context and no tree.
pub fn check_replacement(check: ReplacementCheck<'_>) -> Result<Replacement, CommitError> {
    let Loaded { group, members, .. } = Loaded::new(check.state, check.conversation)?;
    let member = |is: &dyn Fn(&Member) -> bool| {
        let found = members.iter().find(|known| is(&known.member));
        found.map(|known| known.member)
    };
    let sender = member(&|member| member.device == check.sender).ok_or(CommitError::Sender)?;
    let signer = LeafNodeIndex::new(sender.leaf);
    check_group_info(check.fresh, &group, signer, group.confirmation_tag())?;
    let (present, fresh) = (parse_group_info(check.present)?, parse_group_info(check.fresh)?);
    let author = signer_of(&present).and_then(|leaf| member(&|member| member.leaf == leaf));
    Ok(if author.is_some_and(|author| author.user == sender.user) {
        Replacement::OwnWord
    } else if external_key(&present).is_some() && external_key(&present) == external_key(&fresh) {
        Replacement::SameKey
    } else {
        Replacement::OtherKey
    })
}

/// The `GroupInfo` must be signed by the committer, hold exactly the new context and the commit's
/// confirmation tag, a key to which something can be sent, and no tree (design D2).
pub(super) fn check_group_info(
    group_info: &[u8],
    group: &PublicGroup,
    committer: LeafNodeIndex,
    confirmation_tag: &ConfirmationTag,
) -> Result<(), CommitError> {
    let info = parse_group_info(group_info)?;
    let has_only_external_key = info.extensions().iter().count() == 1;
    if info.group_context() != group.group_context() || !has_only_external_key {
        return Err(CommitError::GroupInfo);
    }
    check_external_key(&info)?;
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
    let crypto = SuiteCrypto::default();
    let verified: Result<GroupInfo, _> = info.verify(&crypto, &key);
    verified.map(|_| ()).map_err(|_| CommitError::GroupInfo)
}

/// Without a key to which something can be sent nobody could even try to come in, and so nobody would
/// learn that nobody can.
fn check_external_key(info: &VerifiableGroupInfo) -> Result<(), CommitError> {
    let key = external_key(info).ok_or(CommitError::GroupInfo)?;
    let tried = SuiteCrypto::default().hpke_setup_sender_and_export(
        CIPHERSUITE.hpke_config(),
        key,
        &[],
        &[],
        CIPHERSUITE.hash_length(),
    );
    tried.map(|_| ()).map_err(|_| CommitError::GroupInfo)
}

fn external_key(info: &VerifiableGroupInfo) -> Option<&[u8]> {
    info.extensions().iter().find_map(|extension| match extension {
        Extension::ExternalPub(key) => Some(key.external_pub().as_slice()),
        _ => None,
    })
}

/// The leaf that signed a `GroupInfo`: the last field of what is signed (RFC 9420 section 12.4.3).
fn signer_of(info: &VerifiableGroupInfo) -> Option<u32> {
    let payload = info.unsigned_payload().ok()?;
    Some(u32::from_be_bytes(*payload.last_chunk::<4>()?))
}

pub(super) fn parse_group_info(bytes: &[u8]) -> Result<VerifiableGroupInfo, CommitError> {
    if bytes.len() > GROUP_INFO_BYTES_MAX {
        return Err(CommitError::TooLarge);
    }
    let parsed = MlsMessageIn::tls_deserialize_exact(bytes).map_err(CommitError::Malformed)?;
    match parsed.extract() {
        MlsMessageBodyIn::GroupInfo(info) => Ok(info),
        _ => Err(CommitError::Kind),
    }
}
