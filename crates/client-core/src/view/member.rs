//! Who is in a conversation, and who stands at its door.

use super::IdentityLook;
use super::person::{PresenceView, person};
use crate::conversation::intent::Wanted;
use crate::core::Core;
use crate::error::ClientError;
use crate::people::directory;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::group::Role;
use undertone_wire::guest::UserKind;
use undertone_wire::{ConversationId, DeviceId, Timestamp, UserId};

/// One person of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
pub struct MemberView {
    /// Who.
    pub user: UserId,
    /// What they are called: the display name, or else the user name.
    pub name: String,
    /// The name of their certificate, which nobody else has.
    pub user_name: String,
    /// Whether another in this conversation is called nearly the same.
    pub name_clash: bool,
    /// Whether there is a picture in their profile.
    pub has_picture: bool,
    /// Whether the user does not want to hear them.
    pub blocked: bool,
    /// 0 to 11.
    pub identity_colour: u8,
    /// 0 to 5.
    pub identity_shape: u8,
    /// What they may do.
    pub role: Role,
    /// Account or guest.
    pub kind: UserKind,
    /// Whether it is the user of this device.
    pub is_me: bool,
    /// Devices of theirs in the conversation.
    pub devices: u32,
    /// Whether somebody tried to come in under their name with another identity key.
    pub key_changed: bool,
    /// Whether one of their devices is connected.
    pub online: bool,
    /// How present they are.
    pub presence: PresenceView,
}

/// One device at the door of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct KnockView {
    /// Which.
    pub device: DeviceId,
    /// Whose.
    pub user: UserId,
    /// Their name, by their certificate.
    pub name: String,
    /// 0 to 11.
    pub identity_colour: u8,
    /// 0 to 5.
    pub identity_shape: u8,
    /// Account or guest.
    pub kind: UserKind,
    /// When they knocked, by the server's clock.
    pub knocked_at_ms: u64,
}

/// Somebody who was put out for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct BannedView {
    /// Who.
    pub user: UserId,
    /// Their name, where this device ever heard it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub name: Option<String>,
    /// 0 to 11.
    pub identity_colour: u8,
    /// 0 to 5.
    pub identity_shape: u8,
}

impl KnockView {
    /// A knock with that certificate.
    pub(crate) fn of(certificate: &DeviceCertificateBody, knocked_at: Timestamp) -> Self {
        let look = IdentityLook::of(certificate.user);
        Self {
            device: certificate.device,
            user: certificate.user,
            name: certificate.name.as_str().to_owned(),
            identity_colour: look.colour,
            identity_shape: look.shape,
            kind: certificate.kind,
            knocked_at_ms: knocked_at.as_millis(),
        }
    }
}

/// Everybody in a conversation: those who may do most first, then by name. Nobody while its group is
/// not on this device. What is wanted is shown as if it were done.
pub(crate) fn members(core: &Core, id: ConversationId) -> Result<Vec<MemberView>, ClientError> {
    let me = core.me()?;
    let known = core
        .store
        .conversation(id)?
        .ok_or(ClientError::UnknownConversation)?;
    let wanted = Wanted::read(core)?;
    let known = wanted.conversation(known);
    let Some(profile) = known.profile.filter(|_| known.state.has_group()) else {
        return Ok(Vec::new());
    };
    let certificates = core.groups.with(id, |group, _| group.certificates())?;
    let mut people: BTreeMap<UserId, MemberView> = BTreeMap::new();
    for certificate in certificates {
        let user = certificate.user;
        if wanted.goes(id, user) {
            continue;
        }
        if let Some(known) = people.get_mut(&user) {
            known.devices = known.devices.saturating_add(1);
            continue;
        }
        let person = person(core, user, certificate.name.as_str(), certificate.kind)?;
        let contact = core.store.contact(user)?;
        let member = MemberView {
            user,
            name: person.name,
            user_name: person.user_name,
            name_clash: false,
            has_picture: person.has_picture,
            blocked: person.blocked,
            identity_colour: person.identity_colour,
            identity_shape: person.identity_shape,
            role: profile.role(user),
            kind: certificate.kind,
            is_me: user == me.user,
            devices: 1,
            key_changed: contact.is_some_and(|contact| contact.key_changed),
            online: person.online,
            presence: person.presence,
        };
        people.insert(user, member);
    }
    let clashing = directory::known(core)?.clashing_among(people.keys().copied());
    let mut members: Vec<_> = people.into_values().collect();
    for member in &mut members {
        member.name_clash = clashing.contains(&member.user);
    }
    members.sort_by(|one, other| (other.role, &one.name).cmp(&(one.role, &other.name)));
    Ok(members)
}

/// Everybody who was put out for good and may be let back in.
pub(crate) fn banned(core: &Core, id: ConversationId) -> Result<Vec<BannedView>, ClientError> {
    let known = core
        .store
        .conversation(id)?
        .ok_or(ClientError::UnknownConversation)?;
    let banned = known.profile.map(|profile| profile.banned).unwrap_or_default();
    banned
        .into_iter()
        .map(|banned| {
            let look = IdentityLook::of(banned.user);
            let contact = core.store.contact(banned.user)?;
            Ok(BannedView {
                user: banned.user,
                name: contact.map(|contact| contact.name.as_str().to_owned()),
                identity_colour: look.colour,
                identity_shape: look.shape,
            })
        })
        .collect()
}
