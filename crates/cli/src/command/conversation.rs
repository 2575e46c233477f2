//! `conversations` and `dm`, and how a conversation is named on the command line.

use super::Open;
use super::result::{ConversationLine, ConversationResult};
use crate::args::DmArgs;
use crate::error::CliError;
use crate::output::printable;
use undertone_client_core::view::ConversationView;
use undertone_wire::{ConversationId, UserName};

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
                    "{}  {}{unread}  {last}",
                    line.conversation.conversation,
                    printable(&line.conversation.title)
                )
            })?;
    }
    Ok(())
}

pub(super) async fn dm(open: &mut Open, args: DmArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let id = open.client.open_direct_by_name(&args.name).await?;
    let conversations = open.client.conversations()?;
    let found = conversations
        .iter()
        .find(|conversation| conversation.conversation == id);
    let found = found.ok_or_else(|| CliError::UnknownConversation(args.name))?;
    open.output.print(&ConversationResult::from(found), |result| {
        format!("{}  {}", result.conversation, printable(&result.title))
    })
}

/// The conversation that a person means: by its id, or by the name of the person in it. A name that
/// means more than one means none.
pub(super) fn find(open: &Open, named: &str) -> Result<Option<ConversationId>, CliError> {
    let conversations = open.client.conversations()?;
    let id = named.parse::<ConversationId>().ok();
    let name = named.parse::<UserName>().ok().map(|name| name.unique_key());
    let by_id = conversations
        .iter()
        .find(|conversation| Some(conversation.conversation) == id);
    if let Some(conversation) = by_id {
        return Ok(Some(conversation.conversation));
    }
    let mut by_name = conversations
        .iter()
        .filter(|conversation| name.is_some() && peer_key(conversation) == name);
    match (by_name.next(), by_name.next()) {
        (Some(_), Some(_)) => {
            let ambiguous = format!("{named} means more than one conversation: give the id of one");
            Err(CliError::Other(ambiguous.into()))
        }
        (conversation, _) => Ok(conversation.map(|conversation| conversation.conversation)),
    }
}

fn peer_key(conversation: &ConversationView) -> Option<String> {
    let name: UserName = conversation.peer.as_ref()?.name.parse().ok()?;
    Some(name.unique_key())
}

fn first_line(text: &str) -> String {
    printable(text.lines().next().unwrap_or_default())
}
