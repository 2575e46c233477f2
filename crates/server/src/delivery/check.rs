//! The checks of what devices send, before anything is stored: against the public group by the `mls`
//! crate, and against the directory of devices. Bytes from outside may make a parser panic; that is
//! contained here (design D3).

use super::directory::Directory;
use super::error::DeliveryError;
use crate::auth::AuthedDevice;
use crate::store::Store;
use crate::store::commit::{GroupSnapshot, NewCommit, NewLink, NewMember, NewProposal, NewWelcome};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use undertone_mls::{CheckedCommit, CommitCheck, Member, MessageHeader, ProposalCheck, PublicState};
use undertone_wire::conversation::{CommitBundle, ConversationKind, SubmitProposalRequest};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::group::GroupProfile;
use undertone_wire::guest::UserKind;
use undertone_wire::limits::{
    COMMIT_BYTES_MAX, EXPIRY_SECONDS_MIN, GROUP_INFO_BYTES_MAX, MESSAGE_BYTES_MAX, SEALED_STATE_BYTES_MAX,
    SERVER_FRAME_BYTES_MAX, WELCOME_BYTES_MAX,
};
use undertone_wire::message::SendMessageRequest;
use undertone_wire::room::RoomLink;
use undertone_wire::{Bytes, ConversationId, DeviceId, Epoch, Timestamp, UserId};

/// What a frame adds to the Welcome and the tree that it carries, generously.
const WELCOME_FRAME_OVERHEAD: usize = 1024;

/// Whose session a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
}

impl From<AuthedDevice> for Caller {
    fn from(caller: AuthedDevice) -> Self {
        Self {
            user: caller.user,
            device: caller.device,
        }
    }
}

/// Where a commit belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) conversation: ConversationId,
    pub(super) epoch: Epoch,
    pub(super) sender: DeviceId,
}

/// A commit under check.
pub(super) struct CommitUnderCheck {
    pub(super) place: Place,
    pub(super) bundle: CommitBundle,
    /// The group before it.
    pub(super) before: GroupSnapshot,
    /// The link that came with it.
    pub(super) link: Option<RoomLink>,
    /// Whether the sender comes by it.
    pub(super) joins: bool,
}

/// Reads the header of a message and compares it with what the request says of it.
pub(super) fn message(request: &SendMessageRequest) -> Result<MessageHeader, DeliveryError> {
    if request.message.len() > MESSAGE_BYTES_MAX {
        return Err(DeliveryError::TooLarge);
    }
    if request
        .expires_after_seconds
        .is_some_and(|seconds| seconds < EXPIRY_SECONDS_MIN)
    {
        return Err(DeliveryError::Expiry);
    }
    let header = contain(|| undertone_mls::message_header(request.message.as_slice()))??;
    if header.conversation != request.conversation || header.epoch != request.epoch {
        return Err(DeliveryError::Mislabelled);
    }
    Ok(header)
}

/// Checks a commit against the group and the directory.
pub(super) async fn commit(
    store: &Store,
    caller: Caller,
    under_check: CommitUnderCheck,
) -> Result<NewCommit, DeliveryError> {
    bundle_size(&under_check.bundle)?;
    let CommitUnderCheck {
        place,
        bundle,
        before,
        link,
        joins,
    } = under_check;
    let profile_before = before.profile;
    let (checked, bundle) = off_thread(move || {
        let state = PublicState::from_bytes(before.public_state);
        let checked = undertone_mls::check_commit(CommitCheck {
            state: &state,
            conversation: place.conversation,
            sender: caller.device,
            epoch: place.epoch,
            bundle: &bundle,
            proposals: &before.proposals,
        })?;
        Ok((checked, bundle))
    })
    .await?;
    if checked.external != joins || checked.committer.user != caller.user {
        return Err(DeliveryError::Membership);
    }
    let certificates = checked
        .added_certificates
        .iter()
        .chain(&checked.changed_certificate);
    let certificates: Vec<_> = certificates.cloned().collect();
    let directory = Directory::read(store, certificates.iter().map(|one| one.user)).await?;
    directory.has(&certificates)?;
    guests_only_in_rooms(checked.profile.kind, &certificates)?;
    let profile = checked.profile.clone();
    let link = raised_link(profile_before.as_ref(), &profile, link)?;
    let mut commit = assemble(place, checked, bundle)?;
    commit.link = link;
    commit.joins = joins.then_some(caller.user);
    commit.profile = (profile_before.as_ref() != Some(&profile)).then_some(profile);
    Ok(commit)
}

/// A commit brings a link if it raises the rotation, and only then.
fn raised_link(
    before: Option<&GroupProfile>,
    after: &GroupProfile,
    link: Option<RoomLink>,
) -> Result<Option<NewLink>, DeliveryError> {
    let rotation = |profile: &GroupProfile| profile.room.map(|room| room.rotation);
    let (before, after) = (before.and_then(rotation), rotation(after));
    match (
        after.filter(|after| before.is_some_and(|before| before < *after)),
        link,
    ) {
        (Some(rotation), Some(link)) => {
            link_size(&link)?;
            Ok(Some(NewLink { rotation, link }))
        }
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => Err(DeliveryError::Rotation),
    }
}

pub(super) fn link_size(link: &RoomLink) -> Result<(), DeliveryError> {
    if link.sealed_state.len() > SEALED_STATE_BYTES_MAX {
        return Err(DeliveryError::TooLarge);
    }
    if link.admission_hash.len() == 32 {
        Ok(())
    } else {
        Err(DeliveryError::Rotation)
    }
}

/// Guests come into rooms and nowhere else.
pub(super) fn guests_only_in_rooms(
    kind: ConversationKind,
    certificates: &[DeviceCertificateBody],
) -> Result<(), DeliveryError> {
    let is_guest = |certificate: &DeviceCertificateBody| certificate.kind == UserKind::Guest;
    if kind != ConversationKind::Room && certificates.iter().any(is_guest) {
        return Err(DeliveryError::Guest);
    }
    Ok(())
}

/// Checks a device's wish to be let go.
pub(super) async fn proposal(
    caller: Caller,
    request: SubmitProposalRequest,
    before: GroupSnapshot,
) -> Result<NewProposal, DeliveryError> {
    let SubmitProposalRequest {
        conversation,
        epoch,
        counter,
        proposal,
    } = request;
    let proposal = off_thread(move || {
        let state = PublicState::from_bytes(before.public_state);
        undertone_mls::check_proposal(ProposalCheck {
            state: &state,
            conversation,
            sender: caller.device,
            epoch,
            earlier: &before.proposals,
            proposal: proposal.as_slice(),
        })?;
        Ok(proposal)
    })
    .await?;
    Ok(NewProposal {
        conversation,
        epoch,
        sender: caller.device,
        counter,
        payload: proposal,
        sent_at: Timestamp::default(),
    })
}

/// What a checked commit makes of the group, to be stored.
pub(super) fn assemble(
    place: Place,
    checked: CheckedCommit,
    bundle: CommitBundle,
) -> Result<NewCommit, DeliveryError> {
    let devices: BTreeSet<DeviceId> = checked.members.iter().map(|member| member.device).collect();
    if devices.len() != checked.members.len() {
        return Err(DeliveryError::Devices);
    }
    let welcome = bundle.welcome.map(|welcome| NewWelcome {
        welcome,
        ratchet_tree: Bytes(checked.ratchet_tree),
    });
    let welcome_size = welcome
        .as_ref()
        .map_or(0, |new| new.welcome.len() + new.ratchet_tree.len());
    if welcome_size + WELCOME_FRAME_OVERHEAD > SERVER_FRAME_BYTES_MAX {
        return Err(DeliveryError::TooLarge);
    }
    let added = checked.added.iter();
    Ok(NewCommit {
        conversation: place.conversation,
        epoch: place.epoch,
        sender: place.sender,
        counter: bundle.counter,
        payload: bundle.commit,
        next_epoch: checked.epoch,
        public_state: checked.state.as_bytes().to_vec(),
        group_info: bundle.group_info,
        profile: None,
        link: None,
        welcome,
        added: added.map(|member| new_member(member, &checked.profile)).collect(),
        removed: checked.removed.iter().map(|member| member.device).collect(),
        joins: None,
        sent_at: Timestamp::default(),
    })
}

pub(super) fn new_member(member: &Member, profile: &GroupProfile) -> NewMember {
    NewMember {
        device: member.device,
        user: member.user,
        leaf: member.leaf,
        role: profile.role(member.user),
    }
}

pub(super) fn bundle_size(bundle: &CommitBundle) -> Result<(), DeliveryError> {
    let welcome = bundle.welcome.as_ref().map_or(0, Bytes::len);
    let fits = bundle.commit.len() <= COMMIT_BYTES_MAX
        && bundle.group_info.len() <= GROUP_INFO_BYTES_MAX
        && welcome <= WELCOME_BYTES_MAX;
    fits.then_some(()).ok_or(DeliveryError::TooLarge)
}

/// Runs a check on a thread for slow work; a panic is a refusal.
pub(super) async fn off_thread<T: Send + 'static>(
    check: impl FnOnce() -> Result<T, DeliveryError> + Send + 'static,
) -> Result<T, DeliveryError> {
    tokio::task::spawn_blocking(|| contain(check))
        .await
        .map_err(|_| DeliveryError::Panicked)??
}

/// Runs `check` and turns a panic in it into a refusal.
pub(super) fn contain<T>(check: impl FnOnce() -> T) -> Result<T, DeliveryError> {
    catch_unwind(AssertUnwindSafe(check)).map_err(|_| DeliveryError::Panicked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_a_check_is_a_refusal() {
        let refused = contain(|| panic!("a parser's mistake"));
        assert!(matches!(refused, Err::<(), _>(DeliveryError::Panicked)));
    }
}
