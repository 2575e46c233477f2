//! `profile`, `block`, `unblock`, `requests`, `accept`, `ignore` and `notify`.

use super::result::{
    BlockedResult, CardResult, ConversationLine, ConversationResult, NotifyResult, request_line,
};
use super::{Open, conversation, who};
use crate::args::{CardArgs, ConversationArgs, IgnoreArgs, LevelName, NotifyArgs, PersonArgs, PictureArgs};
use crate::error::CliError;
use crate::output::printable;
use std::path::Path;
use undertone_client_core::ClientError;
use undertone_client_core::platform::{NativePlatform, Platform};
use undertone_client_core::view::{NotifyLevel, ProfileInput, SessionView};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::limits::PICTURE_BYTES_MAX;
use undertone_wire::{Bytes, ConversationId, UserId};

pub(super) async fn profile(open: &mut Open, args: CardArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let user = match &args.person {
        Some(person) => who::among_known(open, person)?,
        None => me(open)?,
    };
    if let Some(input) = changed(open, args)? {
        open.client.set_profile(input)?;
        // Whoever ends soon does not wait for a good moment.
        open.client.tell_profile()?;
        open.client.catch_up().await?;
    }
    let card = open.client.profile_of(user)?;
    open.output.print(&CardResult::from(&card), CardResult::words)
}

fn me(open: &Open) -> Result<UserId, CliError> {
    match open.client.session() {
        SessionView::SignedIn { user, .. } => Ok(user),
        SessionView::SignedOut { .. } => Err(CliError::SignedOut),
    }
}

/// The profile as it is wanted, if anything of it is to change.
fn changed(open: &Open, args: CardArgs) -> Result<Option<ProfileInput>, CliError> {
    let before = open.client.profile()?;
    let before = ProfileInput {
        display_name: before.display_name,
        status: before.status,
        pronouns: before.pronouns,
        picture: before.picture,
        colour: before.colour,
    };
    let mut after = before.clone();
    for (field, wanted) in [
        (&mut after.display_name, args.display_name),
        (&mut after.status, args.status),
        (&mut after.pronouns, args.pronouns),
    ] {
        if let Some(wanted) = wanted {
            *field = wanted;
        }
    }
    match given_picture(&args.picture)? {
        None if args.picture.no_picture => after.picture = None,
        given => after.picture = given.or(after.picture),
    }
    after.colour = args.colour.or(after.colour);
    Ok((after != before).then_some(after))
}

/// The picture that was named.
pub(super) fn given_picture(args: &PictureArgs) -> Result<Option<Bytes>, CliError> {
    let picture = args.picture.as_deref().map(read_picture).transpose()?;
    Ok(picture.map(Bytes))
}

fn read_picture(path: &Path) -> Result<Vec<u8>, CliError> {
    let unreadable = |source| CliError::Picture {
        path: path.to_owned(),
        source,
    };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    // The core says no to what is too large; it need not be read for that.
    if bytes > PICTURE_BYTES_MAX as u64 {
        return Err(ClientError::Profile(undertone_client_core::people::InvalidProfile::Picture).into());
    }
    std::fs::read(path).map_err(unreadable)
}

pub(super) async fn block(open: &mut Open, args: PersonArgs, on: bool) -> Result<(), CliError> {
    open.catch_up().await?;
    let user = who::among_known(open, &args.person)?;
    open.client.block(user, on)?;
    let card = open.client.profile_of(user)?;
    open.output.print(&BlockedResult::from(&card), |result| {
        let name = printable(&result.person.name);
        if result.blocked {
            format!("You no longer see {name}. They are not told.")
        } else {
            format!("You see {name} again.")
        }
    })
}

pub(super) async fn requests(open: &mut Open) -> Result<(), CliError> {
    open.catch_up().await?;
    let listed = open.client.conversations()?;
    for view in listed.iter().filter(|view| view.request) {
        open.output.print(&ConversationLine::from(view), request_line)?;
    }
    Ok(())
}

pub(super) async fn accept(open: &mut Open, args: ConversationArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let id = conversation::known(open, &args.conversation)?;
    open.client.accept(id)?;
    // So that the user's other devices know.
    open.client.catch_up().await?;
    let result = named(open, id)?;
    open.output.print(&result, |result| {
        format!("{} can write to you.", printable(&result.title))
    })
}

pub(super) async fn ignore(open: &mut Open, args: IgnoreArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let id = conversation::known(open, &args.conversation)?;
    let result = named(open, id)?;
    let listed = open.client.conversations()?;
    let view = listed.iter().find(|view| view.conversation == id);
    // A group is left: its members would see the user there for ever.
    if view.is_some_and(|view| view.request && view.kind != ConversationKind::Direct) {
        open.client.leave(id).await?;
        return open.output.print(&result, |result| {
            format!("You left {}.", printable(&result.title))
        });
    }
    open.client.ignore(id, args.block)?;
    open.output.print(&result, |result| {
        format!("{} is not heard. They are not told.", printable(&result.title))
    })
}

pub(super) async fn notify(open: &mut Open, args: NotifyArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let id = conversation::known(open, &args.conversation)?;
    if args.level.is_some() || args.mute.is_some() {
        let before = open.client.notify_of(id)?;
        let level = match args.level {
            None => (!before.is_default).then_some(before.level),
            Some(LevelName::Default) => None,
            Some(LevelName::All) => Some(NotifyLevel::All),
            Some(LevelName::Mentions) => Some(NotifyLevel::Mentions),
            Some(LevelName::Nothing) => Some(NotifyLevel::Nothing),
        };
        let until = match args.mute {
            None => before.muted_until_ms,
            Some(length) => length.seconds().map(|seconds| {
                let now = NativePlatform::new().now().as_millis();
                now.saturating_add(u64::from(seconds).saturating_mul(1000))
            }),
        };
        open.client.set_notify(id, level, until)?;
    }
    let result = NotifyResult::new(named(open, id)?, &open.client.notify_of(id)?);
    open.output.print(&result, NotifyResult::words)
}

fn named(open: &Open, id: ConversationId) -> Result<ConversationResult, CliError> {
    let listed = open.client.conversations()?;
    let found = listed.iter().find(|view| view.conversation == id);
    found
        .map(ConversationResult::from)
        .ok_or(CliError::UnknownConversation)
}
