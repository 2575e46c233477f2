//! `conversations`, `dm`, `members`, `timer` and `read`, and how a conversation is named on the
//! command line.

use super::result::{ConversationLine, ConversationResult, MemberResult, ReadResult, role_word};
use super::{Open, who};
use crate::args::{ConversationArgs, DmArgs, TimerArgs, expiry};
use crate::error::CliError;
use crate::output::printable;
use undertone_client_core::view::{ConversationStateView, ConversationView, StatePatch};
use undertone_wire::ConversationId;
use undertone_wire::guest::UserKind;

pub(super) async fn conversations(open: &mut Open) -> Result<(), CliError> {
    open.catch_up().await?;
    for conversation in open.client.conversations()? {
        open.output
            .print(&ConversationLine::from(&conversation), |line| {
                let unread = if line.unread > 0 {
                    format!("  ({} unread)", line.unread)
                } else {
                    String::new()
                };
                let last = line.last_text.as_deref().map(first_line).unwrap_or_default();
                format!(
                    "{}  {}{}{unread}  {last}",
                    line.conversation.conversation,
                    printable(&line.conversation.title),
                    state_words(line.state),
                )
            })?;
    }
    Ok(())
}

/// How a conversation is, where that is not as always.
fn state_words(state: ConversationStateView) -> &'static str {
    match state {
        ConversationStateView::Active => "",
        ConversationStateView::Joining => "  (coming in)",
        ConversationStateView::Waiting => "  (waiting at the door)",
        ConversationStateView::Removed => "  (you are out)",
        ConversationStateView::Closed => "  (ended)",
        ConversationStateView::Blocked => "  (blocked)",
    }
}

pub(super) async fn dm(open: &mut Open, args: DmArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let id = open.client.open_direct_by_name(&args.name).await?;
    print(open, id)
}

pub(super) async fn members(open: &mut Open, args: ConversationArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let conversation = known(open, &args.conversation)?;
    for member in open.client.members(conversation)? {
        open.output.print(&MemberResult::from(&member), |member| {
            let guest = match member.kind {
                UserKind::Guest => ", guest",
                UserKind::Account => "",
            };
            let own = if member.own { ", you" } else { "" };
            let changed = if member.key_changed { ", KEY CHANGED" } else { "" };
            format!(
                "{}  {}{guest}{own}{changed}",
                printable(&member.person.name),
                role_word(member.role)
            )
        })?;
    }
    Ok(())
}

pub(super) async fn timer(open: &mut Open, args: TimerArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let conversation = known(open, &args.conversation)?;
    let timer = args
        .length
        .seconds()
        .map(|seconds| expiry(seconds, args.after_read));
    let patch = StatePatch {
        timer: Some(timer),
        ..StatePatch::default()
    };
    open.client.set_state(conversation, patch).await?;
    print(open, conversation)
}

pub(super) async fn read(open: &mut Open, args: ConversationArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let conversation = known(open, &args.conversation)?;
    open.client.mark_read(conversation)?;
    // Who asked is told before the program ends.
    open.client.tell_read()?;
    open.catch_up().await?;
    let result = ReadResult {
        conversation,
        read: true,
    };
    open.output.print(&result, |_| "Read.".to_owned())
}

/// Prints a conversation as the result of what was done to it.
pub(super) fn print(open: &mut Open, id: ConversationId) -> Result<(), CliError> {
    let view = view(open, id)?;
    print_as(open, &ConversationResult::from(&view))
}

/// Prints a conversation as it was before it was left.
pub(super) fn print_as(open: &mut Open, result: &ConversationResult) -> Result<(), CliError> {
    open.output.print(result, |result| {
        format!("{}  {}", result.conversation, printable(&result.title))
    })
}

/// A conversation of this device.
pub(super) fn view(open: &Open, id: ConversationId) -> Result<ConversationView, CliError> {
    let conversations = open.client.conversations()?;
    let mut found = conversations.into_iter().filter(|view| view.conversation == id);
    found.next().ok_or(CliError::UnknownConversation)
}

/// The conversation that is meant, which must be there.
pub(super) fn known(open: &Open, named: &str) -> Result<ConversationId, CliError> {
    find(open, named)?.ok_or(CliError::UnknownConversation)
}

/// The conversation that is meant: by its id, the name of the person in it, or its title. What means
/// more than one means none.
pub(super) fn find(open: &Open, named: &str) -> Result<Option<ConversationId>, CliError> {
    find_among(&open.client.conversations()?, named)
}

/// The one of these that is meant.
pub(super) fn find_among(
    conversations: &[ConversationView],
    named: &str,
) -> Result<Option<ConversationId>, CliError> {
    let id = named.parse::<ConversationId>().ok();
    let by_id = conversations.iter().find(|view| Some(view.conversation) == id);
    if let Some(conversation) = by_id {
        return Ok(Some(conversation.conversation));
    }
    let name = who::key(named);
    let mut by_name = conversations.iter().filter(|view| match &view.peer {
        Some(peer) => name.is_some() && who::key(&peer.user_name) == name,
        None => view.title.to_lowercase() == named.trim().to_lowercase(),
    });
    match (by_name.next(), by_name.next()) {
        (Some(_), Some(_)) => Err(CliError::Ambiguous(named.to_owned())),
        (conversation, _) => Ok(conversation.map(|view| view.conversation)),
    }
}

fn first_line(text: &str) -> String {
    printable(text.lines().next().unwrap_or_default())
}
