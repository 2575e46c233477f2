//! The checks of what devices send, before anything is stored: against the public group by the `mls`
//! crate, and against the directory of devices. Bytes from outside may make a parser panic; that is
//! contained here (design D3).

use super::error::DeliveryError;
use crate::auth::AuthedDevice;
use crate::store::Store;
use crate::store::account::StoredPerson;
use crate::store::conversation::{NewCommit, NewConversation, NewMember, NewWelcome};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use undertone_mls::{CheckedCommit, CommitCheck, Member, MessageHeader, NewGroup, PublicState};
use undertone_wire::conversation::{CommitBundle, ConversationKind, CreateConversationRequest};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::limits::{
    COMMIT_BYTES_MAX, FRAME_BYTES_MAX, GROUP_INFO_BYTES_MAX, MESSAGE_BYTES_MAX, RATCHET_TREE_BYTES_MAX,
    WELCOME_BYTES_MAX,
};
use undertone_wire::message::SendMessageRequest;
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

/// A commit under check.
pub(super) struct CommitUnderCheck {
    pub(super) conversation: ConversationId,
    pub(super) epoch: Epoch,
    pub(super) public_state: Vec<u8>,
    pub(super) bundle: CommitBundle,
}

/// Reads the header of a message and compares it with what the request says of it.
pub(super) fn message(request: &SendMessageRequest) -> Result<MessageHeader, DeliveryError> {
    if request.message.len() > MESSAGE_BYTES_MAX {
        return Err(DeliveryError::TooLarge);
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
    let (conversation, epoch) = (under_check.conversation, under_check.epoch);
    let (checked, bundle) = off_thread(move || {
        let CommitUnderCheck {
            conversation,
            epoch,
            public_state,
            bundle,
        } = under_check;
        let state = PublicState::from_bytes(public_state);
        let check = CommitCheck {
            state: &state,
            conversation,
            sender: caller.device,
            epoch,
            bundle: &bundle,
        };
        let checked = undertone_mls::check_commit(check)?;
        Ok((checked, bundle))
    })
    .await?;
    let directory = Directory::read(store, checked.added.iter().map(|member| member.user)).await?;
    directory.has(&checked.added_certificates)?;
    assemble(
        Place {
            conversation,
            epoch,
            sender: caller.device,
        },
        checked,
        bundle,
    )
}

/// Checks a new conversation: the group of epoch 0, its first commit, and that it is of exactly these
/// two people with exactly the devices that they can be reached at.
pub(super) async fn creation(
    store: &Store,
    caller: Caller,
    request: CreateConversationRequest,
    now: Timestamp,
) -> Result<NewConversation, DeliveryError> {
    let (conversation, kind, peer) = (request.conversation, request.kind, request.peer);
    let ConversationKind::Direct = kind;
    if peer == caller.user {
        return Err(DeliveryError::Membership);
    }
    bundle_size(&request.commit)?;
    if request.group_info.len() > GROUP_INFO_BYTES_MAX || request.ratchet_tree.len() > RATCHET_TREE_BYTES_MAX
    {
        return Err(DeliveryError::TooLarge);
    }
    let directory = Directory::read(store, [caller.user, peer]).await?;
    let mut wanted = directory.reachable(store, peer, now).await?;
    if wanted.is_empty() {
        return Err(DeliveryError::NoDevice);
    }
    wanted.extend(directory.reachable(store, caller.user, now).await?);
    wanted.insert(caller.device);

    let (group, checked, bundle) = off_thread(move || found(caller, request)).await?;
    let mut users = [caller.user, peer];
    users.sort_unstable();
    if group.kind != kind || group.users != users {
        return Err(DeliveryError::Membership);
    }
    directory.has(std::iter::once(&group.creator))?;
    directory.has(&checked.added_certificates)?;
    let [creator] = group.members.as_slice() else {
        return Err(DeliveryError::Membership);
    };
    let members: BTreeSet<DeviceId> = checked.members.iter().map(|member| member.device).collect();
    if creator.device != caller.device || creator.user != caller.user || !checked.removed.is_empty() {
        return Err(DeliveryError::Membership);
    }
    if !members.is_superset(&wanted) {
        return Err(DeliveryError::Devices);
    }
    let creator = new_member(creator);
    let place = Place {
        conversation,
        epoch: Epoch(0),
        sender: caller.device,
    };
    Ok(NewConversation {
        kind,
        peer,
        creator,
        commit: assemble(place, checked, bundle)?,
    })
}

fn found(
    caller: Caller,
    request: CreateConversationRequest,
) -> Result<(NewGroup, CheckedCommit, CommitBundle), DeliveryError> {
    let conversation = request.conversation;
    let (group_info, tree) = (request.group_info.as_slice(), request.ratchet_tree.as_slice());
    let group = undertone_mls::found_group(conversation, group_info, tree)?;
    let checked = undertone_mls::check_commit(CommitCheck {
        state: &group.state,
        conversation,
        sender: caller.device,
        epoch: group.epoch,
        bundle: &request.commit,
    })?;
    Ok((group, checked, request.commit))
}

/// Where a commit belongs.
#[derive(Clone, Copy)]
struct Place {
    conversation: ConversationId,
    epoch: Epoch,
    sender: DeviceId,
}

fn assemble(place: Place, checked: CheckedCommit, bundle: CommitBundle) -> Result<NewCommit, DeliveryError> {
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
    if welcome_size + WELCOME_FRAME_OVERHEAD > FRAME_BYTES_MAX {
        return Err(DeliveryError::TooLarge);
    }
    Ok(NewCommit {
        conversation: place.conversation,
        epoch: place.epoch,
        sender: place.sender,
        counter: bundle.counter,
        payload: bundle.commit,
        next_epoch: checked.epoch,
        public_state: checked.state.as_bytes().to_vec(),
        group_info: bundle.group_info,
        welcome,
        added: checked.added.iter().map(new_member).collect(),
        removed: checked.removed.iter().map(|member| member.device).collect(),
        sent_at: Timestamp::default(),
    })
}

fn new_member(member: &Member) -> NewMember {
    NewMember {
        device: member.device,
        user: member.user,
        leaf: member.leaf,
    }
}

fn bundle_size(bundle: &CommitBundle) -> Result<(), DeliveryError> {
    let welcome = bundle.welcome.as_ref().map_or(0, Bytes::len);
    let fits = bundle.commit.len() <= COMMIT_BYTES_MAX
        && bundle.group_info.len() <= GROUP_INFO_BYTES_MAX
        && welcome <= WELCOME_BYTES_MAX;
    fits.then_some(()).ok_or(DeliveryError::TooLarge)
}

/// The registered people and devices that a commit is compared with.
struct Directory(BTreeMap<UserId, StoredPerson>);

impl Directory {
    async fn read(store: &Store, users: impl IntoIterator<Item = UserId>) -> Result<Self, DeliveryError> {
        let mut people = BTreeMap::new();
        for user in users.into_iter().collect::<BTreeSet<_>>() {
            let person = store.person(user).await?.ok_or(DeliveryError::NoPerson)?;
            people.insert(user, person);
        }
        Ok(Self(people))
    }

    /// Whether each of these certificates is the one that is registered for its device.
    fn has<'a>(
        &self,
        certificates: impl IntoIterator<Item = &'a DeviceCertificateBody>,
    ) -> Result<(), DeliveryError> {
        let all = certificates
            .into_iter()
            .all(|certificate| self.has_one(certificate));
        all.then_some(()).ok_or(DeliveryError::Certificate)
    }

    fn has_one(&self, certificate: &DeviceCertificateBody) -> bool {
        let Some(person) = self.0.get(&certificate.user) else {
            return false;
        };
        let device = person
            .devices
            .iter()
            .find(|device| device.device == certificate.device);
        let registered = device.and_then(|device| {
            contain(|| undertone_mls::verify_certificate(device.certificate.as_slice()))
                .ok()?
                .ok()
        });
        registered.is_some_and(|registered| {
            is_same_device(&registered, certificate)
                && registered.identity_key.as_slice() == person.identity_key
        })
    }

    /// The devices of a user that can be added.
    async fn reachable(
        &self,
        store: &Store,
        user: UserId,
        now: Timestamp,
    ) -> Result<BTreeSet<DeviceId>, DeliveryError> {
        Ok(store.reachable_devices(user, now).await?.into_iter().collect())
    }
}

/// Whether two certificates say the same of the same device. A device that logged in again has a
/// later one, for the same keys.
pub(crate) fn is_same_device(one: &DeviceCertificateBody, other: &DeviceCertificateBody) -> bool {
    one.user == other.user
        && one.name == other.name
        && one.device == other.device
        && one.identity_key == other.identity_key
        && one.signature_key == other.signature_key
}

/// Runs a check on a thread for slow work; a panic is a refusal.
async fn off_thread<T: Send + 'static>(
    check: impl FnOnce() -> Result<T, DeliveryError> + Send + 'static,
) -> Result<T, DeliveryError> {
    tokio::task::spawn_blocking(|| contain(check))
        .await
        .map_err(|_| DeliveryError::Panicked)??
}

/// Runs `check` and turns a panic in it into a refusal.
fn contain<T>(check: impl FnOnce() -> T) -> Result<T, DeliveryError> {
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
