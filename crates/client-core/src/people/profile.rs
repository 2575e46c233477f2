//! What is valid in a profile, and what becomes of one: the user's own, and those of others. When the own
//! one is told to whom is decided in `super::tell`.

use super::directory;
use super::picture::is_portrait;
use super::tell;
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::markup;
use crate::message::clock;
use crate::message::signals;
use crate::store::profile::ToldProfile;
use crate::view::{IdentityLook, PersonProfileView, ProfileInput, ProfileView};
use undertone_wire::content::Profile;
use undertone_wire::limits::{DISPLAY_NAME_BYTES_MAX, PRONOUNS_BYTES_MAX, STATUS_BYTES_MAX};
use undertone_wire::{Timestamp, UserId};

/// A colour is one of so many.
const COLOURS: u8 = 12;

/// Why a profile was refused; each has words of its own beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProfile {
    /// The display name is longer than [`DISPLAY_NAME_BYTES_MAX`] bytes.
    #[error("this name is too long to be shown")]
    DisplayName,
    /// The status is longer than [`STATUS_BYTES_MAX`] bytes.
    #[error("this status is too long")]
    Status,
    /// The pronouns are longer than [`PRONOUNS_BYTES_MAX`] bytes.
    #[error("these pronouns are too long")]
    Pronouns,
    /// The picture is too large, of another format, or broken.
    #[error("a picture is a PNG, JPEG or WebP of at most 32 KiB and 1,024 pixels a side")]
    Picture,
    /// There is no such colour.
    #[error("there is no such colour")]
    Colour,
}

impl InvalidProfile {
    /// The stable word that programs may rely on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::DisplayName => "display_name_too_long",
            Self::Status => "status_too_long",
            Self::Pronouns => "pronouns_too_long",
            Self::Picture => "picture_invalid",
            Self::Colour => "colour_invalid",
        }
    }
}

/// A profile without what could disturb what stands around it, if it is within its limits.
pub(crate) fn check(profile: &Profile) -> Result<Profile, InvalidProfile> {
    let line = |text: &str, max: usize, why| {
        let too_long = text.len() > max;
        (!too_long).then(|| one_line(text)).ok_or(why)
    };
    let checked = Profile {
        display_name: line(
            &profile.display_name,
            DISPLAY_NAME_BYTES_MAX,
            InvalidProfile::DisplayName,
        )?,
        status: line(&profile.status, STATUS_BYTES_MAX, InvalidProfile::Status)?,
        pronouns: line(&profile.pronouns, PRONOUNS_BYTES_MAX, InvalidProfile::Pronouns)?,
        picture: profile.picture.clone(),
        colour: profile.colour,
    };
    if !checked
        .picture
        .as_ref()
        .is_none_or(|picture| is_portrait(picture.as_slice()))
    {
        return Err(InvalidProfile::Picture);
    }
    if checked.colour.is_some_and(|colour| colour >= COLOURS) {
        return Err(InvalidProfile::Colour);
    }
    Ok(checked)
}

/// One line of what can be seen: without controls, changes of direction, and what has no width but would
/// make two names differ.
pub(crate) fn one_line(text: &str) -> String {
    let text = markup::clean(text);
    let seen: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = seen.split(' ').filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    // Joiners and variation selectors alone show nothing.
    if line.chars().all(|c| is_joiner(c) || c == ' ') {
        String::new()
    } else {
        line
    }
}

const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'
            ..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'
            ..='\u{2065}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}'
    )
}

/// What joins letters and emoji, and shows nothing by itself.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// What the user tells of themselves.
pub(crate) fn own(core: &Core) -> Result<ProfileView, ClientError> {
    let me = core.me()?;
    let told = core.store.profile(me.user)?;
    let profile = told.map(|told| told.profile).unwrap_or_default();
    Ok(ProfileView {
        display_name: profile.display_name,
        status: profile.status,
        pronouns: profile.pronouns,
        picture: profile.picture,
        colour: profile.colour,
    })
}

/// The user tells something else of themselves: it counts here at once, and the others are told soon.
pub(crate) fn set(core: &Core, input: ProfileInput) -> Result<(), ClientError> {
    let me = core.me()?;
    let profile = check(&Profile {
        display_name: input.display_name,
        status: input.status,
        pronouns: input.pronouns,
        picture: input.picture,
        colour: input.colour,
    })?;
    let changed = core.transaction(|| {
        let before = core.store.profile(me.user)?.map(|before| before.told_at);
        let told_at = clock::shown(core).max(before.unwrap_or_default());
        let changed = core
            .store
            .save_profile(me.user, &ToldProfile { profile, told_at })?;
        if changed {
            tell::everybody(core)?;
        }
        Ok(changed)
    })?;
    if changed {
        news(core);
    }
    Ok(())
}

/// Somebody told something of themselves, the user on another device perhaps. What is invalid changes
/// nothing. Part of the entry's transaction.
pub(crate) fn received(
    core: &Core,
    user: UserId,
    told: &Profile,
    told_at: Timestamp,
) -> Result<(), ClientError> {
    let profile = match check(told) {
        Ok(profile) => profile,
        Err(why) => {
            tracing::debug!(error = &why as &dyn std::error::Error, "a profile does not count");
            return Ok(());
        }
    };
    if core.store.save_profile(user, &ToldProfile { profile, told_at })? {
        news(core);
    }
    Ok(())
}

/// The card of a person.
pub(crate) fn card(core: &Core, user: UserId) -> Result<PersonProfileView, ClientError> {
    let me = core.me()?;
    let contact = core.store.contact(user)?;
    let is_me = user == me.user;
    let (user_name, kind) = match &contact {
        _ if is_me => (me.name.as_str().to_owned(), me.kind),
        Some(contact) => (contact.name.as_str().to_owned(), contact.kind),
        None => return Err(ClientError::UnknownPerson),
    };
    let known = directory::known(core)?;
    let told = core.store.profile(user)?.map(|told| told.profile);
    let told = told.unwrap_or_default();
    let direct = core.store.conversations_with(user)?;
    let direct = direct.iter().find(|known| known.state.has_begun());
    let look = IdentityLook::of(user);
    let blocked = known.is_blocked(user);
    Ok(PersonProfileView {
        user,
        name: known.name(user, &user_name),
        user_name,
        status: told.status,
        pronouns: told.pronouns,
        picture: told.picture,
        identity_colour: told.colour.unwrap_or(look.colour),
        identity_shape: look.shape,
        kind,
        name_clash: known.clashes(user),
        is_me,
        blocked,
        key_changed: contact.is_some_and(|contact| contact.key_changed),
        online: !blocked && core.online.borrow().contains(&user),
        presence: signals::presence(core, user),
        direct: direct.map(|known| known.id),
    })
}

/// Names are in most of what is shown.
pub(super) fn news(core: &Core) {
    core.publish(Change::People);
    core.publish(Change::Conversations);
}
