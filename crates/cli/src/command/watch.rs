//! `watch`: what happens, one line each, until interrupted. The core says only that something changed;
//! here it becomes events, each message exactly once.

use super::result::{ConversationResult, MessageResult, PersonResult};
use super::{Open, message};
use crate::error::CliError;
use crate::output::printable;
use futures::StreamExt;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use undertone_client_core::view::{ConnectionState, MessageStateView, MessageView, TimelineQuery};
use undertone_client_core::{Change, Client};
use undertone_wire::{ConversationId, UserId};

/// What one look into the store brings.
const PAGE: u32 = 100;

/// One line of `watch`.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    /// All that happened before is printed; from now on things are printed as they come.
    Ready,
    /// A message was received, or sent by this account.
    Message(MessageResult),
    /// This device became part of a conversation.
    Membership {
        change: MembershipChange,
        #[serde(flatten)]
        conversation: ConversationResult,
    },
    /// A person came or went.
    Presence {
        #[serde(flatten)]
        person: PersonResult,
        online: bool,
    },
    /// The connection changed.
    Connection { state: ConnectionState },
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum MembershipChange {
    Joined,
}

/// What was printed so far.
struct Seen {
    /// Conversations, with the last place in the log of which messages were printed.
    conversations: BTreeMap<ConversationId, u64>,
    online: BTreeMap<UserId, bool>,
    connection: Option<ConnectionState>,
}

pub(super) async fn watch(open: &mut Open) -> Result<(), CliError> {
    open.require_session()?;
    let client = open.client.clone();
    let mut changes = client.changes();
    let mut seen = Seen::before(&client)?;
    client.start();
    let level = level(&client);
    let interrupted = interrupted();
    tokio::pin!(level, interrupted);
    let mut ready = false;
    loop {
        tokio::select! {
            change = changes.next() => match change {
                Some(change) => seen.print(open, change)?,
                None => return Ok(()),
            },
            result = &mut level, if !ready => {
                result?;
                ready = true;
                seen.print_all(open)?;
                print(open, &Event::Ready)?;
            }
            signal = &mut interrupted => return signal,
        }
    }
}

impl Seen {
    /// What the device had before: not news.
    fn before(client: &Client) -> Result<Self, CliError> {
        let mut seen = Self {
            conversations: BTreeMap::new(),
            online: BTreeMap::new(),
            connection: None,
        };
        for conversation in client.conversations()? {
            let id = conversation.conversation;
            seen.conversations.insert(id, newest(client, id)?);
        }
        Ok(seen)
    }

    fn print(&mut self, open: &mut Open, change: Change) -> Result<(), CliError> {
        match change {
            Change::Session => open.require_session(),
            Change::Connection => self.print_connection(open),
            Change::Conversations => self.print_conversations(open),
            Change::Timeline(conversation) => self.print_messages(open, conversation),
            Change::Presence => self.print_presence(open),
        }
    }

    fn print_all(&mut self, open: &mut Open) -> Result<(), CliError> {
        self.print_conversations(open)?;
        let conversations: Vec<_> = self.conversations.keys().copied().collect();
        for conversation in conversations {
            self.print_messages(open, conversation)?;
        }
        Ok(())
    }

    fn print_conversations(&mut self, open: &mut Open) -> Result<(), CliError> {
        for conversation in open.client.conversations()? {
            if let Entry::Vacant(place) = self.conversations.entry(conversation.conversation) {
                place.insert(0);
                let change = MembershipChange::Joined;
                print(
                    open,
                    &Event::Membership {
                        change,
                        conversation: (&conversation).into(),
                    },
                )?;
                self.print_messages(open, conversation.conversation)?;
            }
        }
        self.print_presence(open)
    }

    fn print_messages(&mut self, open: &mut Open, conversation: ConversationId) -> Result<(), CliError> {
        let Some(&printed) = self.conversations.get(&conversation) else {
            // News of a conversation that is printed as such first.
            return self.print_conversations(open);
        };
        for (sequence, message) in after(&open.client, conversation, printed)? {
            print(open, &Event::Message((&message).into()))?;
            self.conversations.insert(conversation, sequence);
        }
        Ok(())
    }

    fn print_presence(&mut self, open: &mut Open) -> Result<(), CliError> {
        for peer in open
            .client
            .conversations()?
            .iter()
            .filter_map(|conversation| conversation.peer.as_ref())
        {
            // Someone of whom nothing was said is offline.
            if self.online.insert(peer.user, peer.online).unwrap_or(false) != peer.online {
                print(
                    open,
                    &Event::Presence {
                        person: peer.into(),
                        online: peer.online,
                    },
                )?;
            }
        }
        Ok(())
    }

    fn print_connection(&mut self, open: &mut Open) -> Result<(), CliError> {
        let state = open.client.connection()?.state;
        if self.connection.replace(state) == Some(state) {
            return Ok(());
        }
        print(open, &Event::Connection { state })
    }
}

/// Level with the server, however often that is tried.
async fn level(client: &Client) -> Result<(), CliError> {
    let mut changes = client.changes();
    loop {
        match client.catch_up().await.map_err(CliError::from) {
            Err(error) if error.is_temporary() => {}
            result => return result,
        }
        // The connection is tried again by itself; once it stands, so is this.
        while changes.next().await.is_some() {
            if client.connection()?.state == ConnectionState::Online {
                break;
            }
        }
    }
}

/// The place of the newest message that the server has.
fn newest(client: &Client, conversation: ConversationId) -> Result<u64, CliError> {
    let page = client.timeline(
        conversation,
        TimelineQuery {
            limit: PAGE,
            before: None,
        },
    )?;
    Ok(page.messages.iter().filter_map(place).max().unwrap_or(0))
}

/// Messages after a place in the log, in order.
fn after(
    client: &Client,
    conversation: ConversationId,
    printed: u64,
) -> Result<Vec<(u64, MessageView)>, CliError> {
    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page = client.timeline(conversation, TimelineQuery { limit: PAGE, before })?;
        let more = page.more
            && page
                .messages
                .iter()
                .filter_map(place)
                .all(|sequence| sequence > printed);
        before = page.messages.first().map(|message| message.key);
        found.extend(
            page.messages
                .into_iter()
                .filter_map(|message| Some((place(&message)?, message))),
        );
        if !more || before.is_none() {
            break;
        }
    }
    found.retain(|(sequence, _)| *sequence > printed);
    found.sort_by_key(|(sequence, _)| *sequence);
    Ok(found)
}

/// The place of a message that the server has.
fn place(message: &MessageView) -> Option<u64> {
    message
        .sequence
        .filter(|_| message.state == MessageStateView::Sent)
}

fn print(open: &mut Open, event: &Event) -> Result<(), CliError> {
    open.output.print(event, |event| match event {
        Event::Ready => "Watching. Ctrl-C ends it.".to_owned(),
        Event::Message(message) => message::line(message),
        Event::Membership { conversation, .. } => {
            format!("New conversation: {}", printable(&conversation.title))
        }
        Event::Presence { person, online } => {
            format!(
                "{} is {}",
                printable(&person.name),
                if *online { "online" } else { "offline" }
            )
        }
        Event::Connection { state } => match state {
            ConnectionState::Connecting => "Connecting.".to_owned(),
            ConnectionState::Online => "Connected.".to_owned(),
            ConnectionState::Offline => "The server is not reached; trying again.".to_owned(),
            ConnectionState::SignedOut => "Signed out.".to_owned(),
        },
    })
}

/// Ctrl-C, or the end that a service manager asks for.
async fn interrupted() -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::Other(error.into());
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut ended = signal(SignalKind::terminate()).map_err(failed)?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result.map_err(failed),
            _ = ended.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(failed)
}
