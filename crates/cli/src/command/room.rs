//! `room …`: rooms by link, their doors, and who stands there.

use super::result::{ConversationResult, InfoResult, KnockResult, LinkResult, RoomResult, TermsResult};
use super::{Open, conversation, group, secret_input, who};
use crate::args::{
    KnockArgs, RoomCommand, RoomCreateArgs, RoomInfoArgs, RoomJoinArgs, RoomLinkArgs, RoomSetArgs,
    SecondsOrOff, Switch, expiry,
};
use crate::error::CliError;
use crate::output::printable;
use fast_qr::QRBuilder;
use futures::StreamExt;
use std::time::Duration;
use undertone_client_core::ClientError;
use undertone_client_core::platform::{NativePlatform, Platform};
use undertone_client_core::view::{
    ConversationStateView, ConversationView, RoomOptions, SessionView, TermsPatch,
};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::{ConversationId, DeviceId, Timestamp};

pub(super) async fn run(open: &mut Open, command: RoomCommand) -> Result<(), CliError> {
    // What stands on a door is for everyone who has the link, signed in or not.
    if let RoomCommand::Info(args) = command {
        return info(open, args).await;
    }
    open.catch_up().await?;
    match command {
        RoomCommand::Create(args) => create(open, args).await,
        RoomCommand::Join(args) => join(open, args).await,
        RoomCommand::Link(args) => link(open, &args),
        RoomCommand::Lock(args) => lock(open, &args.conversation, true).await,
        RoomCommand::Unlock(args) => lock(open, &args.conversation, false).await,
        RoomCommand::Rotate(args) => rotate(open, &args.conversation).await,
        RoomCommand::Knocks(args) => knocks(open, &args.conversation).await,
        RoomCommand::Admit(args) => admit(open, args).await,
        RoomCommand::Refuse(args) => refuse(open, args).await,
        RoomCommand::Set(args) => set(open, args).await,
        RoomCommand::Close(args) => close(open, &args.conversation).await,
        RoomCommand::Info(_) => Ok(()),
    }
}

async fn create(open: &mut Open, args: RoomCreateArgs) -> Result<(), CliError> {
    let options = RoomOptions {
        title: args.title,
        knock: args.knock,
        capacity: args.capacity,
        slow_mode_seconds: args.slow.map_or(0, |slow| slow.0),
        retention_seconds: args.retention.map(|retention| retention.0),
        expires_after_seconds: args.expires.map(|expires| expires.0),
        timer: args.timer.map(|timer| expiry(timer.0, args.after_read)),
        history: args.history.map(|history| history.0).unwrap_or_default(),
    };
    let id = open.client.create_room(options).await?;
    let view = conversation::view(open, id)?;
    let made = RoomResult {
        conversation: ConversationResult::from(&view),
        waiting: false,
        terms: None,
        link: link_of(open, &view)?,
    };
    print_room(open, &made)
}

async fn join(open: &mut Open, args: RoomJoinArgs) -> Result<(), CliError> {
    let link = secret_input::link(args.link)?;
    let joined = open.client.join_room(&link).await?;
    let mut waiting = joined.waiting;
    if let (true, Some(wait)) = (waiting, args.wait) {
        let patience = Duration::from_secs(wait.0.into());
        tokio::time::timeout(patience, admitted(open, joined.conversation))
            .await
            .map_err(|_elapsed| CliError::NobodyOpened)??;
        waiting = false;
    }
    let view = conversation::view(open, joined.conversation)?;
    // Who waits knows no more than what stands on the door.
    let terms = if waiting {
        TermsResult::from(&open.client.look_at_room(&link).await?)
    } else {
        TermsResult::from(&view)
    };
    let come = RoomResult {
        conversation: ConversationResult::from(&view),
        waiting,
        terms: Some(terms),
        link: link_of(open, &view)?,
    };
    print_room(open, &come)
}

/// Resolves when somebody inside has opened, or refused.
async fn admitted(open: &Open, id: ConversationId) -> Result<(), CliError> {
    let mut changes = open.client.changes();
    loop {
        let conversations = open.client.conversations()?;
        let state = conversations
            .iter()
            .find(|view| view.conversation == id)
            .map(|view| view.state);
        match state {
            None | Some(ConversationStateView::Removed | ConversationStateView::Closed) => {
                return Err(CliError::KnockRefused);
            }
            Some(ConversationStateView::Waiting | ConversationStateView::Joining) => {}
            Some(ConversationStateView::Active | ConversationStateView::Blocked) => return Ok(()),
        }
        if changes.next().await.is_none() {
            return Err(ClientError::Stopped.into());
        }
    }
}

/// The link, for those who may pass it on.
fn link_of(open: &Open, view: &ConversationView) -> Result<Option<LinkResult>, CliError> {
    if !view.may.share_link {
        return Ok(None);
    }
    let link = open.client.room_link(view.conversation)?;
    Ok(link.map(LinkResult::from))
}

fn print_room(open: &mut Open, room: &RoomResult) -> Result<(), CliError> {
    open.output.print(room, |result| {
        let room = &result.conversation;
        let mut lines = vec![format!("{}  {}", room.conversation, printable(&room.title))];
        if result.waiting {
            lines.push("You have knocked. Somebody inside lets you in, or not.".to_owned());
        }
        lines.extend(result.terms.iter().flat_map(TermsResult::lines));
        lines.extend(result.link.as_ref().map(link_words));
        lines.join("\n")
    })
}

fn link_words(link: &LinkResult) -> String {
    format!(
        "{}\nor the code {}\nWhoever has it can come in. Pass it on with care.",
        link.link, link.code
    )
}

async fn info(open: &mut Open, args: RoomInfoArgs) -> Result<(), CliError> {
    let named = secret_input::link(args.room)?;
    let known = match open.client.session() {
        SessionView::SignedIn { .. } => {
            open.catch_up().await?;
            conversation::find(open, &named)?
        }
        SessionView::SignedOut { .. } => None,
    };
    let result = match known {
        Some(id) => InfoResult::from(&conversation::view(open, id)?),
        None => InfoResult::from(open.client.look_at_room(&named).await?),
    };
    open.output.print(&result, info_words)
}

fn info_words(info: &InfoResult) -> String {
    let mut lines = vec![printable(&info.conversation.title)];
    if !info.topic.is_empty() {
        lines.push(printable(&info.topic));
    }
    lines.extend(info.terms.lines());
    if let Some(door) = &info.door {
        if door.locked {
            lines.push("Locked: nobody comes in".to_owned());
        }
        if door.knock {
            lines.push("You knock, and somebody inside lets you in".to_owned());
        }
        if let Some(end) = door.expires_at {
            lines.push(format!("Ends at {end}"));
        }
    }
    lines.join("\n")
}

fn link(open: &mut Open, args: &RoomLinkArgs) -> Result<(), CliError> {
    let id = known_room(open, &args.conversation)?;
    print_link(open, id, args.qr)
}

fn print_link(open: &mut Open, id: ConversationId, qr: bool) -> Result<(), CliError> {
    let view = open.client.room_link(id)?.ok_or(CliError::NoLink)?;
    open.output.print(&LinkResult::from(view), |link| {
        let mut text = link_words(link);
        if qr && let Ok(code) = QRBuilder::new(link.link.as_str()).build() {
            text.push('\n');
            text.push_str(&code.to_str());
        }
        text
    })
}

async fn rotate(open: &mut Open, named: &str) -> Result<(), CliError> {
    let id = known_room(open, named)?;
    open.client.rotate_link(id).await?;
    print_link(open, id, false)
}

async fn lock(open: &mut Open, named: &str, locked: bool) -> Result<(), CliError> {
    let patch = TermsPatch {
        locked: Some(locked),
        ..TermsPatch::default()
    };
    set_terms(open, named, patch).await
}

/// The room ends now, for everyone.
async fn close(open: &mut Open, named: &str) -> Result<(), CliError> {
    let patch = TermsPatch {
        expires_at: Some(Some(now())),
        ..TermsPatch::default()
    };
    set_terms(open, named, patch).await
}

async fn set_terms(open: &mut Open, named: &str, patch: TermsPatch) -> Result<(), CliError> {
    let id = known_room(open, named)?;
    let room = ConversationResult::from(&conversation::view(open, id)?);
    open.client.set_terms(id, patch).await?;
    conversation::print_as(open, &room)
}

async fn set(open: &mut Open, args: RoomSetArgs) -> Result<(), CliError> {
    let id = known_room(open, &args.conversation)?;
    let end = |length: SecondsOrOff| {
        let seconds = length.seconds();
        seconds.map(|seconds| now().plus(Duration::from_secs(seconds.into())))
    };
    let door = TermsPatch {
        knock: args.knock.map(Switch::is_on),
        expires_at: args.expires.map(end),
        ..TermsPatch::default()
    };
    group::apply(open, id, args.settings, door).await
}

async fn knocks(open: &mut Open, named: &str) -> Result<(), CliError> {
    let id = known_room(open, named)?;
    for knock in open.client.knocks(id).await? {
        open.output.print(&KnockResult::from(&knock), |knock| {
            format!(
                "{}  {}  since {}",
                knock.device,
                printable(&knock.person.name),
                knock.knocked_at
            )
        })?;
    }
    Ok(())
}

async fn admit(open: &mut Open, args: KnockArgs) -> Result<(), CliError> {
    let (id, device) = at_door(open, &args).await?;
    open.client.admit(id, device).await?;
    conversation::print(open, id)
}

async fn refuse(open: &mut Open, args: KnockArgs) -> Result<(), CliError> {
    let (id, device) = at_door(open, &args).await?;
    open.client.refuse_knock(id, device).await?;
    conversation::print(open, id)
}

/// Who is meant of those who knocked.
async fn at_door(open: &Open, args: &KnockArgs) -> Result<(ConversationId, DeviceId), CliError> {
    let id = known_room(open, &args.conversation)?;
    let knocks = open.client.knocks(id).await?;
    let of_person = knocks
        .iter()
        .find(|knock| knock.user.to_string() == args.who)
        .map(|knock| knock.device);
    if let Some(device) = of_person {
        return Ok((id, device));
    }
    let devices = knocks.iter().map(|knock| (knock.device, knock.name.as_str()));
    Ok((id, who::one_of(devices, &args.who)?))
}

/// A room of this device.
fn known_room(open: &Open, named: &str) -> Result<ConversationId, CliError> {
    let id = conversation::known(open, named)?;
    if conversation::view(open, id)?.kind == ConversationKind::Room {
        Ok(id)
    } else {
        Err(CliError::NoRoom)
    }
}

fn now() -> Timestamp {
    NativePlatform::new().now()
}
