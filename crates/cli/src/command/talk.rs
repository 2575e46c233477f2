//! Verbs about messages that are there already: each resolves when the server has what was said.

use super::message::{line, read_text};
use super::result::{MessageResult, PrivacyResult, ReaderResult};
use super::{Open, conversation};
use crate::args::{
    ConversationArgs, DeleteArgs, EditArgs, ForwardArgs, MarkArgs, MessageArgs, PrivacyArgs, ReactArgs,
    TalkCommand,
};
use crate::error::CliError;
use crate::output::printable;
use serde::Serialize;
use undertone_client_core::MessageKey;
use undertone_client_core::view::MessageView;
use undertone_wire::MessageId;

/// What `delete --here` prints of each message.
#[derive(Debug, Serialize)]
struct DeletedHere {
    message: MessageId,
    deleted: &'static str,
}

pub(super) async fn run(open: &mut Open, command: TalkCommand) -> Result<(), CliError> {
    open.catch_up().await?;
    match command {
        TalkCommand::Edit(args) => edit(open, args).await,
        TalkCommand::Delete(args) => delete(open, args).await,
        TalkCommand::React(args) => react(open, args).await,
        TalkCommand::Pin(args) => pin(open, args).await,
        TalkCommand::Star(args) => star(open, &args),
        TalkCommand::Forward(args) => forward(open, args).await,
        TalkCommand::Pins(args) => pins(open, &args),
        TalkCommand::Stars(_) => {
            let starred = open.client.starred()?;
            starred.iter().try_for_each(|message| print(open, message))
        }
        TalkCommand::Readers(args) => readers(open, &args),
        TalkCommand::Privacy(args) => privacy(open, &args),
    }
}

async fn edit(open: &mut Open, args: EditArgs) -> Result<(), CliError> {
    let key = message(open, &args.message)?;
    let said = open.client.edit(key, read_text(args.text)?)?;
    counted(open, key, said).await
}

async fn delete(open: &mut Open, args: DeleteArgs) -> Result<(), CliError> {
    let keys: Result<Vec<_>, _> = args.messages.iter().map(|id| message(open, id)).collect();
    let keys = keys?;
    if args.here {
        open.client.delete_here(&keys)?;
        for id in &args.messages {
            let message = id.parse().map_err(|_| CliError::UnknownMessage(id.clone()))?;
            let gone = DeletedHere {
                message,
                deleted: "here",
            };
            open.output
                .print(&gone, |_| "Deleted on this device.".to_owned())?;
        }
        return Ok(());
    }
    for key in keys {
        let said = open.client.delete_for_everyone(key)?;
        counted(open, key, said).await?;
    }
    Ok(())
}

async fn react(open: &mut Open, args: ReactArgs) -> Result<(), CliError> {
    let key = message(open, &args.message)?;
    let said = open.client.react(key, &args.emoji, !args.off)?;
    counted(open, key, said).await
}

async fn pin(open: &mut Open, args: MarkArgs) -> Result<(), CliError> {
    let key = message(open, &args.message)?;
    let said = open.client.pin(key, !args.off)?;
    counted(open, key, said).await
}

fn star(open: &mut Open, args: &MarkArgs) -> Result<(), CliError> {
    let key = message(open, &args.message)?;
    open.client.star(key, !args.off)?;
    print_now(open, key)
}

async fn forward(open: &mut Open, args: ForwardArgs) -> Result<(), CliError> {
    let keys: Result<Vec<_>, _> = args.messages.iter().map(|id| message(open, id)).collect();
    let keys = keys?;
    let mut conversations = Vec::new();
    for named in &args.conversations {
        conversations.push(match conversation::find(open, named)? {
            Some(known) => known,
            None => open.client.open_direct_by_name(named).await?,
        });
    }
    for sent in open.client.forward(&keys, &conversations).await? {
        let sent = open.client.wait_sent(sent).await?;
        print(open, &sent)?;
    }
    Ok(())
}

fn pins(open: &mut Open, args: &ConversationArgs) -> Result<(), CliError> {
    let conversation = conversation::known(open, &args.conversation)?;
    let pinned = open.client.pinned(conversation)?;
    pinned.iter().try_for_each(|message| print(open, message))
}

fn readers(open: &mut Open, args: &MessageArgs) -> Result<(), CliError> {
    let key = message(open, &args.message)?;
    for reader in open.client.readers(key)? {
        open.output.print(&ReaderResult::from(&reader), |reader| {
            let name = printable(&reader.person.name);
            match reader.read_at {
                Some(at) => format!("{name}  read it at {at}"),
                None => format!("{name}  has not said so"),
            }
        })?;
    }
    Ok(())
}

fn privacy(open: &mut Open, args: &PrivacyArgs) -> Result<(), CliError> {
    let mut privacy = open.client.privacy()?;
    if let Some(receipts) = args.receipts {
        privacy.receipts = receipts.is_on();
    }
    if let Some(typing) = args.typing {
        privacy.typing = typing.is_on();
    }
    open.client.set_privacy(privacy)?;
    open.output.print(&PrivacyResult::from(privacy), |privacy| {
        let word = |on| if on { "on" } else { "off" };
        format!(
            "Receipts {}, typing {}.",
            word(privacy.receipts),
            word(privacy.typing)
        )
    })
}

/// What this device calls a message that was printed with this id.
pub(super) fn message(open: &Open, id: &str) -> Result<MessageKey, CliError> {
    let unknown = || CliError::UnknownMessage(id.to_owned());
    let wanted: MessageId = id.parse().map_err(|_invalid| unknown())?;
    open.client.message_key(wanted)?.ok_or_else(unknown)
}

/// Prints a message as it is when what was said about it counts.
async fn counted(open: &mut Open, key: MessageKey, said: MessageKey) -> Result<(), CliError> {
    open.client.counted(said).await?;
    print_now(open, key)
}

fn print_now(open: &mut Open, key: MessageKey) -> Result<(), CliError> {
    match open.client.message(key)? {
        Some(message) => print(open, &message),
        // It ended meanwhile.
        None => Ok(()),
    }
}

fn print(open: &mut Open, message: &MessageView) -> Result<(), CliError> {
    open.output.print(&MessageResult::from(message), line)
}
