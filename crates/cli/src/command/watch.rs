//! `watch`: what happens, one line each, until interrupted. The core says only that something changed;
//! here it becomes events, each message exactly once.

mod event;
mod fresh;

use super::Open;
use super::result::{ConversationResult, HappeningEvent};
use super::transcript::Transcripts;
use crate::args::LogArgs;
use crate::error::CliError;
use event::{Event, MembershipChange, PresenceResult};
use fresh::Fresh;
use futures::StreamExt;
use std::collections::BTreeMap;
use undertone_client_core::view::{
    ConnectionState, ConversationStateView, ConversationView, EventKind, MessageStateView, MessageView,
    TimelineQuery,
};
use undertone_client_core::{Change, Client};
use undertone_wire::{ConversationId, UserId};

/// What one look into the store brings.
const PAGE: u32 = 100;

/// What was printed so far.
struct Seen {
    transcripts: Transcripts,
    conversations: BTreeMap<ConversationId, Printed>,
    people: BTreeMap<UserId, PresenceResult>,
    connection: Option<ConnectionState>,
}

/// What was printed of one conversation.
struct Printed {
    /// The last place in the log of which rows were printed.
    place: u64,
    /// The newest of them.
    fresh: Fresh,
    state: ConversationStateView,
    typing: Vec<String>,
    knocks: u32,
}

impl Printed {
    fn new(client: &Client, view: &ConversationView, place: u64) -> Result<Self, CliError> {
        let newest = client.timeline(view.conversation, TimelineQuery::newest(PAGE))?;
        Ok(Self {
            place,
            fresh: Fresh::new(&newest.messages),
            state: view.state,
            typing: view.typing.clone(),
            knocks: view.knocks,
        })
    }
}

pub(super) async fn watch(open: &mut Open, log: &LogArgs) -> Result<(), CliError> {
    open.require_session()?;
    let transcripts = Transcripts::begin(log)?;
    let client = open.client.clone();
    let mut seen = Seen::before(&client, transcripts)?;
    let result = print_until_interrupted(open, &client, &mut seen).await;
    seen.transcripts.finish()?;
    result
}

async fn print_until_interrupted(open: &mut Open, client: &Client, seen: &mut Seen) -> Result<(), CliError> {
    let mut changes = client.changes();
    client.start();
    let level = level(client);
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
    fn before(client: &Client, transcripts: Transcripts) -> Result<Self, CliError> {
        let mut seen = Self {
            transcripts,
            conversations: BTreeMap::new(),
            people: BTreeMap::new(),
            connection: None,
        };
        for view in client.conversations()? {
            let id = view.conversation;
            let printed = Printed::new(client, &view, newest(client, id)?)?;
            seen.conversations.insert(id, printed);
        }
        Ok(seen)
    }

    fn print(&mut self, open: &mut Open, change: Change) -> Result<(), CliError> {
        match change {
            Change::Session => open.require_session(),
            Change::Connection => self.print_connection(open),
            Change::Conversations => self.print_conversations(open),
            Change::Timeline(conversation) => self.print_rows(open, conversation),
            Change::Presence => self.print_presence(open),
            Change::People | Change::Notify => Ok(()),
        }
    }

    fn print_all(&mut self, open: &mut Open) -> Result<(), CliError> {
        self.print_conversations(open)?;
        let conversations: Vec<_> = self.conversations.keys().copied().collect();
        for conversation in conversations {
            self.print_rows(open, conversation)?;
        }
        Ok(())
    }

    fn print_conversations(&mut self, open: &mut Open) -> Result<(), CliError> {
        for view in open.client.conversations()? {
            if self.conversations.contains_key(&view.conversation) {
                self.print_changes(open, &view)?;
            } else {
                self.print_new(open, &view)?;
            }
        }
        self.print_presence(open)
    }

    /// A conversation that was not there before, with all that this device has of it.
    fn print_new(&mut self, open: &mut Open, view: &ConversationView) -> Result<(), CliError> {
        let id = view.conversation;
        let event = Event::Membership {
            change: MembershipChange::Joined,
            conversation: view.into(),
        };
        print(open, &event)?;
        let mut place = 0;
        for (at, row) in after(&open.client, id, 0)? {
            // That this device came was just said.
            self.transcripts.row(&view.title, &row)?;
            if !is_own_arrival(&row) {
                print(open, &row_event(&row))?;
            }
            place = at;
        }
        let printed = Printed::new(&open.client, view, place)?;
        self.conversations.insert(id, printed);
        Ok(())
    }

    fn print_rows(&mut self, open: &mut Open, conversation: ConversationId) -> Result<(), CliError> {
        let Some(printed) = self.conversations.get_mut(&conversation) else {
            // News of a conversation that is printed as such first.
            return self.print_conversations(open);
        };
        for (place, row) in after(&open.client, conversation, printed.place)? {
            let title = || open.client.title(conversation);
            self.transcripts.row_of(title, &row)?;
            print(open, &row_event(&row))?;
            printed.place = place;
        }
        let newest = open.client.timeline(conversation, TimelineQuery::newest(PAGE))?;
        for changed in printed.fresh.changed(&newest.messages) {
            print(open, &Event::Changed(changed))?;
        }
        Ok(())
    }

    /// What of a conversation is not in its timeline.
    fn print_changes(&mut self, open: &mut Open, view: &ConversationView) -> Result<(), CliError> {
        let Some(printed) = self.conversations.get_mut(&view.conversation) else {
            return Ok(());
        };
        let conversation = || ConversationResult::from(view);
        if printed.state != view.state {
            printed.state = view.state;
            let event = Event::Standing {
                state: view.state,
                conversation: conversation(),
            };
            print(open, &event)?;
        }
        if printed.typing != view.typing {
            printed.typing.clone_from(&view.typing);
            let event = Event::Typing {
                names: view.typing.clone(),
                conversation: conversation(),
            };
            print(open, &event)?;
        }
        if printed.knocks != view.knocks {
            printed.knocks = view.knocks;
            let event = Event::Knock {
                knocks: view.knocks,
                conversation: conversation(),
            };
            print(open, &event)?;
        }
        Ok(())
    }

    fn print_presence(&mut self, open: &mut Open) -> Result<(), CliError> {
        let conversations = open.client.conversations()?;
        for peer in conversations.iter().filter_map(|view| view.peer.as_ref()) {
            let now = PresenceResult::from(peer);
            let before = self.people.insert(peer.user, now.clone());
            // Someone of whom nothing was said is offline.
            let is_news = before.map_or(now.online, |before| before != now);
            if is_news {
                print(open, &Event::Presence(now))?;
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

/// A row of a timeline: a message, or what happened.
fn row_event(row: &MessageView) -> Event {
    match HappeningEvent::of(row) {
        Some(event) => Event::Happening(event),
        None => Event::Message(row.into()),
    }
}

fn is_own_arrival(row: &MessageView) -> bool {
    row.event.as_ref().is_some_and(|event| match event.what {
        EventKind::Founded | EventKind::Joined => event.who_is_me,
        EventKind::Added => event.whom.iter().any(|person| person.is_me),
        _ => false,
    })
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

/// The place of the newest row that the server has.
fn newest(client: &Client, conversation: ConversationId) -> Result<u64, CliError> {
    let page = client.timeline(conversation, TimelineQuery::newest(PAGE))?;
    Ok(page.messages.iter().filter_map(place).max().unwrap_or(0))
}

/// Rows after a place in the log, in order.
fn after(
    client: &Client,
    conversation: ConversationId,
    printed: u64,
) -> Result<Vec<(u64, MessageView)>, CliError> {
    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page = client.timeline(
            conversation,
            TimelineQuery {
                limit: PAGE,
                before,
                ..TimelineQuery::default()
            },
        )?;
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

/// The place of a row that the server has.
fn place(message: &MessageView) -> Option<u64> {
    message
        .sequence
        .filter(|_| message.state == MessageStateView::Sent)
}

fn print(open: &mut Open, event: &Event) -> Result<(), CliError> {
    open.output.print(event, event::words)
}

/// Ctrl-C, or the end that a service manager asks for.
pub(super) async fn interrupted() -> Result<(), CliError> {
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
