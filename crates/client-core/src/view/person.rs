//! People: those in the server's list, and those whom this device knows.

use super::IdentityLook;
use crate::core::Core;
use crate::error::ClientError;
use crate::message::signals;
use crate::people::directory;
use crate::store::contact::Contact;
use serde::{Deserialize, Serialize};
use undertone_wire::account::{PeopleQuery, PeopleResponse};
use undertone_wire::device::DeviceSummary;
use undertone_wire::guest::UserKind;
use undertone_wire::{DeviceId, UserId};

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
pub struct PersonView {
    /// Who.
    pub user: UserId,
    /// What they are called: the display name, or else the user name.
    pub name: String,
    /// The name of their certificate, which nobody else has.
    pub user_name: String,
    /// Whether another whom this device knows is called nearly the same.
    pub name_clash: bool,
    /// Whether there is a picture in their profile.
    pub has_picture: bool,
    /// Whether the user does not want to hear them.
    pub blocked: bool,
    /// 0 to 11.
    pub identity_colour: u8,
    /// 0 to 5.
    pub identity_shape: u8,
    /// Account or guest.
    pub kind: UserKind,
    /// Whether one of their devices is connected; known of those with whom one has a conversation.
    pub online: bool,
    /// How present they are, as far as they show it.
    pub presence: PresenceView,
}

/// How present somebody is, as far as they show it. It proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum PresenceView {
    /// At the device.
    Here,
    /// Connected, but not at it.
    Away {
        /// Since when.
        since_ms: u64,
    },
    /// Not connected.
    Gone {
        /// When this device saw them last.
        last_seen_ms: u64,
    },
    /// They do not show it, or were never seen.
    Unknown,
}

/// A page of the people list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct PeopleView {
    /// By name.
    pub people: Vec<PersonView>,
    /// True when there are more after the last.
    pub more: bool,
}

/// A person as they are shown.
pub(super) fn person(
    core: &Core,
    user: UserId,
    name: &str,
    kind: UserKind,
) -> Result<PersonView, ClientError> {
    let look = IdentityLook::of(user);
    let known = directory::known(core)?;
    let blocked = known.is_blocked(user);
    Ok(PersonView {
        user,
        name: known.name(user, name),
        user_name: name.to_owned(),
        name_clash: known.clashes(user),
        has_picture: known.has_picture(user),
        blocked,
        identity_colour: known.colour(user).unwrap_or(look.colour),
        identity_shape: look.shape,
        kind,
        online: !blocked && core.online.borrow().contains(&user),
        presence: signals::presence(core, user),
    })
}

/// A person whom this device knows.
pub(super) fn contact(core: &Core, contact: &Contact) -> Result<PersonView, ClientError> {
    person(core, contact.user, contact.name.as_str(), contact.kind)
}

/// Everyone whom this device knows. Nobody while nobody is signed in.
pub(crate) fn contacts(core: &Core) -> Result<Vec<PersonView>, ClientError> {
    if core.account.session().is_none() {
        return Ok(Vec::new());
    }
    let contacts = core.store.contacts()?;
    contacts.iter().map(|known| contact(core, known)).collect()
}

/// One device of the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct DeviceView {
    /// Which.
    pub device: DeviceId,
    /// Whether it is this one.
    pub current: bool,
    /// When it was registered, to the day.
    pub registered_at_ms: u64,
}

/// Asks the server for the user's devices.
pub(crate) async fn devices(core: &Core) -> Result<Vec<DeviceView>, ClientError> {
    let me = core.me()?;
    let person = core
        .account
        .authorized(async |token| core.api.person(token, me.user).await)
        .await?;
    let view = |device: &DeviceSummary| DeviceView {
        device: device.device,
        current: device.device == me.device,
        registered_at_ms: device.registered_at.as_millis(),
    };
    Ok(person.devices.iter().map(view).collect())
}

/// Asks the server. The user is not in their own list.
pub(crate) async fn people(core: &Core, query: PeopleQuery) -> Result<PeopleView, ClientError> {
    let me = core.me()?;
    let response: PeopleResponse = core
        .account
        .authorized(async |token| core.api.people(token, &query).await)
        .await?;
    let others = response.people.iter().filter(|found| found.user != me.user);
    let people = others.map(|found| person(core, found.user, found.name.as_str(), UserKind::Account));
    Ok(PeopleView {
        people: people.collect::<Result<_, _>>()?,
        more: response.more,
    })
}
