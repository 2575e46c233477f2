//! `send`, `messages` and `search`.

use super::result::{HappeningEvent, MessageResult, SentResult};
use super::{Open, conversation, file, talk};
use crate::args::{MessagesArgs, SearchArgs, SendArgs, expiry};
use crate::error::CliError;
use crate::output::printable;
use futures::{FutureExt, StreamExt, pin_mut};
use rand::rngs::OsRng;
use std::io::{self, Read};
use undertone_client_core::message::draft::Draft;
use undertone_client_core::platform::{NativePlatform, Platform};
use undertone_client_core::search::{SearchOrder, SearchQuery};
use undertone_client_core::view::{ConversationView, MessageView, TimelineQuery};
use undertone_client_core::{ClientError, MessageKey};
use undertone_wire::limits::TEXT_BYTES_MAX;
use undertone_wire::{ConversationId, MessageId, Timestamp};

/// What one look into the store brings.
const PAGE: u32 = 200;

pub(super) async fn send(open: &mut Open, args: SendArgs) -> Result<(), CliError> {
    let text = read_text(args.text.unwrap_or_default())?;
    let files: Result<Vec<_>, _> = args.files.files.iter().map(|path| file::outgoing(path)).collect();
    let files = files?;
    open.catch_up().await?;
    let conversation = match conversation::find(open, &args.conversation)? {
        Some(conversation) => conversation,
        None => open.client.open_direct_by_name(&args.conversation).await?,
    };
    let expires = args.expires;
    let draft = Draft {
        text,
        expires: expires.expires.map(|length| expiry(length.0, expires.after_read)),
        reply_to: args.reply_to.map(|id| talk::message(open, &id)).transpose()?,
        ..Draft::default()
    };
    // What a broken connection cuts off is sent again by itself.
    let key = MessageKey::random(&mut OsRng);
    if files.is_empty() {
        open.client.send_text(conversation, key, draft).await?;
    } else {
        open.client.send_files(conversation, key, (draft, files)).await?;
    }
    let (sent, waited_seconds) = wait_sent(open, conversation, key).await?;
    let sent = SentResult {
        waited_seconds,
        ..SentResult::from(&sent)
    };
    open.output.print(&sent, |result| {
        let told = result.tells_of_maker.iter();
        let told = told.map(|name| format!("\n{} keeps what it says about its maker.", printable(name)));
        format!("Sent at {}.{}", result.sent_at, told.collect::<String>())
    })
}

/// Waits until the server has a message, and says how long that takes where one was too fast; gives the
/// longest wait that was asked for.
async fn wait_sent(
    open: &mut Open,
    conversation: ConversationId,
    key: MessageKey,
) -> Result<(MessageView, Option<u64>), CliError> {
    let Open { client, output, .. } = open;
    let mut changes = client.changes().fuse();
    let sent = client.wait_sent(key).fuse();
    pin_mut!(sent);
    let mut longest = None;
    loop {
        futures::select_biased! {
            sent = sent => return Ok((sent?, longest)),
            change = changes.next() => {
                if change.is_none() {
                    return Err(ClientError::Stopped.into());
                }
            }
        }
        let waits = seconds_left(&client.conversations()?, conversation);
        if waits > longest {
            longest = waits;
            let seconds = waits.unwrap_or(0);
            output.remark(&format!(
                "Sent in {seconds} s: the server or the room asks to wait."
            ));
        }
    }
}

/// How long the user has to wait, to the next whole second.
fn seconds_left(conversations: &[ConversationView], id: ConversationId) -> Option<u64> {
    let view = conversations.iter().find(|view| view.conversation == id)?;
    let now_ms = NativePlatform::new().now().as_millis();
    let left_ms = view.write_again_at_ms?.saturating_sub(now_ms);
    Some(left_ms.div_ceil(1000)).filter(|seconds| *seconds > 0)
}

pub(super) async fn messages(open: &mut Open, args: MessagesArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let conversation = conversation::known(open, &args.conversation)?;
    let before = match &args.before {
        Some(id) => Some(place_of(open, conversation, id)?),
        None => None,
    };
    let wanted = Wanted {
        conversation,
        before,
        limit: args.limit,
        events: args.events,
    };
    for row in walk_back(open, &wanted)? {
        match HappeningEvent::of(&row) {
            None => print(open, &row)?,
            Some(event) => open.output.print(&event, event_line)?,
        }
    }
    Ok(())
}

pub(super) async fn search(open: &mut Open, args: SearchArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    // The newest are found first; people and scripts read from the oldest on.
    let query = SearchQuery {
        text: args.query,
        limit: Some(args.limit),
        order: if args.best {
            SearchOrder::Relevance
        } else {
            SearchOrder::Newest
        },
        ..SearchQuery::default()
    };
    for found in open.client.search(query)?.iter().rev() {
        print(open, &found.message)?;
    }
    Ok(())
}

fn print(open: &mut Open, message: &MessageView) -> Result<(), CliError> {
    open.output.print(&MessageResult::from(message), line)
}

/// What happened as people read it.
pub(super) fn event_line(event: &HappeningEvent) -> String {
    format!("{}  {}", short(event.happening().at), event.words())
}

/// A message as people read it.
pub(super) fn line(message: &MessageResult) -> String {
    let mut line = format!(
        "{}  {}: {}",
        short(message.sent_at),
        printable(&message.sender.name),
        if message.marks.deleted {
            "(deleted)".to_owned()
        } else {
            printable(&message.text)
        }
    );
    for file in &message.files {
        line.extend([" [", &printable(&file.name), "]"]);
    }
    line.push_str(&message.marks.words());
    line
}

/// To the minute.
fn short(at: Timestamp) -> String {
    at.to_string()
        .chars()
        .take("2025-11-21T11:20".len())
        .map(|c| if c == 'T' { ' ' } else { c })
        .collect()
}

/// Which rows of a timeline.
struct Wanted {
    conversation: ConversationId,
    before: Option<MessageKey>,
    limit: u32,
    /// Whether what happened counts as well.
    events: bool,
}

/// At most `limit` rows, the newest before a place, oldest first.
fn walk_back(open: &Open, wanted: &Wanted) -> Result<Vec<MessageView>, CliError> {
    let most = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let mut before = wanted.before;
    let mut newest_first = Vec::new();
    while newest_first.len() < most {
        let query = TimelineQuery {
            limit: PAGE,
            before,
            ..TimelineQuery::default()
        };
        let page = open.client.timeline(wanted.conversation, query)?;
        before = page.messages.first().map(|row| row.key);
        let rows = page.messages.into_iter().rev();
        newest_first.extend(rows.filter(|row| wanted.events || row.event.is_none()));
        if !page.more || before.is_none() {
            break;
        }
    }
    newest_first.truncate(most);
    newest_first.reverse();
    Ok(newest_first)
}

/// What this device calls a message that was printed with this id.
fn place_of(open: &Open, conversation: ConversationId, id: &str) -> Result<MessageKey, CliError> {
    let unknown = || CliError::UnknownMessage(id.to_owned());
    let wanted: MessageId = id.parse().map_err(|_invalid| unknown())?;
    let mut before = None;
    loop {
        let page = open.client.timeline(
            conversation,
            TimelineQuery {
                limit: PAGE,
                before,
                ..TimelineQuery::default()
            },
        )?;
        if let Some(found) = page
            .messages
            .iter()
            .find(|message| message.message == Some(wanted))
        {
            return Ok(found.key);
        }
        before = page.messages.first().map(|message| message.key);
        if !page.more || before.is_none() {
            return Err(unknown());
        }
    }
}

/// A text as it is given, or standard input for `-`.
pub(super) fn read_text(given: String) -> Result<String, CliError> {
    if given == "-" { read_input() } else { Ok(given) }
}

/// Standard input as text, without the line break at its end; no more than a message may hold.
fn read_input() -> Result<String, CliError> {
    let mut text = String::new();
    let most = u64::try_from(TEXT_BYTES_MAX)
        .unwrap_or(u64::MAX)
        .saturating_add(2);
    io::stdin()
        .lock()
        .take(most)
        .read_to_string(&mut text)
        .map_err(CliError::Input)?;
    Ok(text
        .strip_suffix('\n')
        .map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text))
        .to_owned())
}
