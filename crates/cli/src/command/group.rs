//! `group …`: groups, and the people in groups and rooms.

use super::result::ConversationResult;
use super::{Open, conversation, person, who};
use crate::args::{
    GroupCommand, GroupCreateArgs, GroupSetArgs, PeopleArgs, RenameArgs, RoleArgs, SecondsOrOff,
    SettingsArgs, expiry,
};
use crate::error::CliError;
use undertone_client_core::view::{StatePatch, TermsPatch};
use undertone_wire::{ConversationId, UserId};

pub(super) async fn run(open: &mut Open, command: GroupCommand) -> Result<(), CliError> {
    // `members` brings the profile up to date by itself.
    if let GroupCommand::Members(args) = command {
        return conversation::members(open, args).await;
    }
    open.catch_up().await?;
    match command {
        GroupCommand::Create(args) => create(open, args).await,
        GroupCommand::Add(args) => add(open, args).await,
        GroupCommand::Remove(args) => {
            each(open, args, async |open, id, user| {
                Ok(open.client.remove_member(id, user).await?)
            })
            .await
        }
        GroupCommand::Ban(args) => {
            each(open, args, async |open, id, user| {
                Ok(open.client.ban_member(id, user).await?)
            })
            .await
        }
        GroupCommand::Unban(args) => unban(open, args).await,
        GroupCommand::Role(args) => role(open, args).await,
        GroupCommand::Leave(args) => leave(open, &args.conversation).await,
        GroupCommand::Rename(args) => rename(open, args).await,
        GroupCommand::Set(args) => set(open, args).await,
        GroupCommand::Members(_) => Ok(()),
    }
}

async fn create(open: &mut Open, args: GroupCreateArgs) -> Result<(), CliError> {
    let members = who::all_on_server(open, &args.members).await?;
    let id = open.client.create_group(&args.title, &members).await?;
    conversation::print(open, id)
}

async fn add(open: &mut Open, args: PeopleArgs) -> Result<(), CliError> {
    let id = conversation::known(open, &args.conversation)?;
    let users = who::all_on_server(open, &args.people).await?;
    open.client.add_members(id, &users).await?;
    conversation::print(open, id)
}

/// Does something to each of the members who are named; to none of them, if one is not there.
async fn each(
    open: &mut Open,
    args: PeopleArgs,
    act: impl AsyncFn(&Open, ConversationId, UserId) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let id = conversation::known(open, &args.conversation)?;
    let users: Result<Vec<UserId>, _> = args
        .people
        .iter()
        .map(|named| who::among_members(open, id, named))
        .collect();
    for user in users? {
        act(open, id, user).await?;
    }
    conversation::print(open, id)
}

async fn unban(open: &mut Open, args: PeopleArgs) -> Result<(), CliError> {
    let id = conversation::known(open, &args.conversation)?;
    let users: Result<Vec<UserId>, _> = args
        .people
        .iter()
        .map(|named| who::among_known(open, named))
        .collect();
    for user in users? {
        open.client.unban_member(id, user).await?;
    }
    conversation::print(open, id)
}

async fn role(open: &mut Open, args: RoleArgs) -> Result<(), CliError> {
    let id = conversation::known(open, &args.conversation)?;
    let user = who::among_members(open, id, &args.person)?;
    open.client.set_role(id, user, args.role.into()).await?;
    conversation::print(open, id)
}

async fn leave(open: &mut Open, named: &str) -> Result<(), CliError> {
    let id = conversation::known(open, named)?;
    let left = ConversationResult::from(&conversation::view(open, id)?);
    open.client.leave(id).await?;
    conversation::print_as(open, &left)
}

async fn rename(open: &mut Open, args: RenameArgs) -> Result<(), CliError> {
    let id = conversation::known(open, &args.conversation)?;
    let patch = StatePatch {
        title: Some(args.title),
        ..StatePatch::default()
    };
    open.client.set_state(id, patch).await?;
    conversation::print(open, id)
}

async fn set(open: &mut Open, args: GroupSetArgs) -> Result<(), CliError> {
    let id = conversation::known(open, &args.conversation)?;
    apply(open, id, args.settings, TermsPatch::default()).await
}

/// Changes what was named: the terms first, which the server may refuse. `terms` has what is for rooms
/// alone.
pub(super) async fn apply(
    open: &mut Open,
    id: ConversationId,
    settings: SettingsArgs,
    terms: TermsPatch,
) -> Result<(), CliError> {
    let given = person::given_picture(&settings.picture)?;
    let state = StatePatch {
        topic: settings.topic,
        timer: settings.timer.map(|timer| {
            let seconds = timer.seconds();
            seconds.map(|seconds| expiry(seconds, settings.after_read))
        }),
        history: settings.history.map(|history| history.0),
        picture: given.map(Some).or(settings.picture.no_picture.then_some(None)),
        ..StatePatch::default()
    };
    let terms = TermsPatch {
        capacity: settings.capacity,
        slow_mode_seconds: settings.slow.map(|slow| slow.seconds().unwrap_or(0)),
        retention_seconds: settings.retention.map(SecondsOrOff::seconds),
        ..terms
    };
    if terms == TermsPatch::default() && state == StatePatch::default() {
        return Err(CliError::NothingToChange);
    }
    if terms != TermsPatch::default() {
        open.client.set_terms(id, terms).await?;
    }
    if state != StatePatch::default() {
        open.client.set_state(id, state).await?;
    }
    conversation::print(open, id)
}
