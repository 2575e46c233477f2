//! The full-screen client at work: what commands and news do to the state. What a key means is decided
//! in `keys`; what is drawn, in `screen`. The core keeps all that is true; here it is read again.

use super::command::Command;
use super::state::{Focus, Found, Over, State};
use crate::command::file;
use crate::command::transcript::Transcripts;
use crate::error::CliError;
use crate::output::{describe, printable};
use rand::rngs::OsRng;
use std::collections::{BTreeMap, VecDeque};
use undertone_client_core::message::draft::Draft;
use undertone_client_core::platform::Zone;
use undertone_client_core::search::SearchQuery;
use undertone_client_core::view::{MessageView, SessionView, TimelineQuery};
use undertone_client_core::{Change, Client, ClientError, MessageKey};
use undertone_wire::ConversationId;
use undertone_wire::conversation::ConversationKind;

/// Messages that are loaded at once, and most that are kept.
pub(super) const PAGE: u32 = 100;
const LOADED_MAX: u32 = 500;
const FOUND_MAX: u32 = 100;

/// See the module.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) state: State,
    transcripts: Transcripts,
    /// Of each conversation the last place in the log of which rows are in the transcript.
    written: BTreeMap<ConversationId, u64>,
    signed_out: bool,
}

impl Session {
    /// Reads what is there. What was there before is not part of a transcript.
    pub(super) fn new(client: Client, zone: Zone, transcripts: Transcripts) -> Result<Self, CliError> {
        let mut session = Self {
            client,
            state: State::new(zone),
            transcripts,
            written: BTreeMap::new(),
            signed_out: false,
        };
        session.state.set_conversations(session.client.conversations()?);
        session.state.connection = session.client.connection()?.state;
        for view in &session.state.conversations {
            let newest = session
                .client
                .timeline(view.conversation, TimelineQuery::newest(1))?;
            let place = newest
                .messages
                .iter()
                .filter_map(|message| message.sequence)
                .max();
            session.written.insert(view.conversation, place.unwrap_or(0));
        }
        Ok(session)
    }

    /// Ends it: what is being written is kept.
    pub(super) fn finish(&mut self) -> Result<(), CliError> {
        self.keep_draft()?;
        self.transcripts.finish()?;
        if self.signed_out {
            Err(CliError::SignedOut)
        } else {
            Ok(())
        }
    }

    /// Something changed.
    pub(super) fn news(&mut self, change: Change) -> Result<(), CliError> {
        match change {
            Change::Session => {
                self.signed_out = matches!(self.client.session(), SessionView::SignedOut { .. });
                self.state.quits |= self.signed_out;
            }
            Change::Connection => self.state.connection = self.client.connection()?.state,
            Change::Conversations | Change::Presence | Change::People => self.read_list()?,
            Change::Timeline(conversation) => {
                self.write_transcript(conversation)?;
                if self.state.open == Some(conversation) {
                    self.read_timeline()?;
                }
            }
            Change::Notify => {}
        }
        Ok(())
    }

    fn read_list(&mut self) -> Result<(), CliError> {
        self.state.set_conversations(self.client.conversations()?);
        Ok(())
    }

    /// The same part of the timeline once more.
    fn read_timeline(&mut self) -> Result<(), CliError> {
        let Some(conversation) = self.state.open else {
            return Ok(());
        };
        if self.state.more_after {
            // An old part: what is new is not in it, what changed in it may be.
            return self.read_around(self.state.messages.first().map(|message| message.key));
        }
        let loaded = u32::try_from(self.state.messages.len()).unwrap_or(PAGE);
        let limit = loaded.clamp(PAGE, LOADED_MAX);
        let view = self.client.timeline(conversation, TimelineQuery::newest(limit))?;
        self.state.messages = view.messages;
        self.state.more = view.more;
        self.state.more_after = view.more_after;
        let unread = self.state.present().map_or(0, |view| view.unread);
        if unread > 0 && self.state.first_unread.is_none() {
            self.state.first_unread = view.first_unread;
        }
        if view.first_unread.is_some() {
            self.client.mark_read(conversation)?;
        }
        Ok(())
    }

    fn read_around(&mut self, around: Option<MessageKey>) -> Result<(), CliError> {
        let Some(conversation) = self.state.open else {
            return Ok(());
        };
        let query = TimelineQuery {
            limit: PAGE,
            around,
            ..TimelineQuery::default()
        };
        let view = self.client.timeline(conversation, query)?;
        self.state.messages = view.messages;
        self.state.more = view.more;
        self.state.more_after = view.more_after;
        Ok(())
    }

    /// Older messages before those that are here.
    pub(super) fn read_older(&mut self) -> Result<(), CliError> {
        let (Some(conversation), Some(first)) = (self.state.open, self.state.messages.first()) else {
            return Ok(());
        };
        let loaded = u32::try_from(self.state.messages.len()).unwrap_or(LOADED_MAX);
        if !self.state.more {
            return Ok(());
        }
        if loaded >= LOADED_MAX {
            return self.read_around(Some(first.key));
        }
        let query = TimelineQuery {
            limit: PAGE.min(LOADED_MAX.saturating_sub(loaded)),
            before: Some(first.key),
            ..TimelineQuery::default()
        };
        let view = self.client.timeline(conversation, query)?;
        self.state.more = view.more;
        self.state.messages.splice(0..0, view.messages);
        Ok(())
    }

    /// Back to the newest messages.
    pub(super) fn show_newest(&mut self) -> Result<(), CliError> {
        self.state.chosen = None;
        self.state.more_after = false;
        self.state.messages.clear();
        self.read_timeline()
    }

    /// Opens a conversation.
    pub(super) fn open(&mut self, conversation: ConversationId) -> Result<(), CliError> {
        self.keep_draft()?;
        self.state.open = Some(conversation);
        self.state.first_unread = None;
        self.state.focus = Focus::Compose;
        self.state.over = Over::Nothing;
        self.state.composer.set(&self.client.draft(conversation)?);
        let at = |view: &undertone_client_core::view::ConversationView| view.conversation == conversation;
        self.state.at = self
            .state
            .conversations
            .iter()
            .position(at)
            .unwrap_or(self.state.at);
        self.show_newest()
    }

    /// Opens the conversation so many further down the list.
    pub(super) fn open_next(&mut self, by: isize) -> Result<(), CliError> {
        self.state.move_in_list(by);
        self.open_chosen()
    }

    /// Opens the one that is chosen in the list.
    pub(super) fn open_chosen(&mut self) -> Result<(), CliError> {
        match self.state.conversations.get(self.state.at) {
            Some(view) => self.open(view.conversation),
            None => Ok(()),
        }
    }

    /// Goes to the message that is chosen of those that were found.
    pub(super) fn open_found(&mut self) -> Result<(), CliError> {
        let Over::Found(found) = &self.state.over else {
            return Ok(());
        };
        let Some(result) = found.results.get(found.at) else {
            return Ok(());
        };
        let (conversation, key) = (result.message.conversation, result.message.key);
        self.open(conversation)?;
        self.read_around(Some(key))?;
        self.state.chosen = Some(key);
        self.state.focus = Focus::Timeline;
        Ok(())
    }

    /// Others are told now and then that the user is writing; a command is not.
    pub(super) fn tell_writing(&mut self) -> Result<(), CliError> {
        let Some(conversation) = self.state.open else {
            return Ok(());
        };
        let text = self.state.composer.text();
        if text.is_empty() || text.starts_with('/') {
            self.client.stopped_typing(conversation)?;
        } else {
            self.client.typing(conversation)?;
        }
        Ok(())
    }

    fn keep_draft(&self) -> Result<(), CliError> {
        let Some(conversation) = self.state.open else {
            return Ok(());
        };
        Ok(self
            .client
            .save_draft(conversation, &self.state.composer.text())?)
    }

    /// Does what was typed. What cannot be done is said, and what was typed stays.
    pub(super) async fn submit(&mut self) {
        let text = self.state.composer.text();
        if text.trim().is_empty() {
            return;
        }
        self.state.notice = None;
        match self.run(Command::read(&text)).await {
            Ok(()) if self.state.composer.text() == text => {
                self.state.composer.take();
                if let Err(error) = self.keep_draft() {
                    self.fail(&error);
                }
            }
            Ok(()) => {}
            Err(error) => self.fail(&error),
        }
    }

    /// Says what went wrong.
    pub(super) fn fail(&mut self, error: &CliError) {
        self.state.notice = Some(describe(error));
    }

    async fn run(&mut self, command: Command) -> Result<(), CliError> {
        match command {
            Command::Say(text) => self.say(text, None).await,
            Command::Reply(text) => {
                let to = self.state.target(|message| !message.own);
                self.say(text, Some(to.ok_or(ClientError::UnknownMessage)?)).await
            }
            Command::Edit(text) => {
                let key = self.target_where(|may| may.edit)?;
                self.client.edit(key, text)?;
                self.done()
            }
            Command::React(emoji, on) => {
                let key = self
                    .state
                    .target(|message| !message.own)
                    .ok_or(ClientError::UnknownMessage)?;
                self.client.react(key, &emoji, on)?;
                self.done()
            }
            Command::Delete => {
                let key = self.target_where(|may| may.delete_for_everyone)?;
                self.client.delete_for_everyone(key)?;
                self.done()
            }
            Command::DeleteHere => {
                let key = self.state.chosen.ok_or(ClientError::UnknownMessage)?;
                self.client.delete_here(&[key])?;
                self.done()
            }
            Command::Pin => {
                let message = self.state.chosen_message().ok_or(ClientError::UnknownMessage)?;
                self.client.pin(message.key, !message.pinned)?;
                self.done()
            }
            Command::Star => {
                let message = self.state.chosen_message().ok_or(ClientError::UnknownMessage)?;
                self.client.star(message.key, !message.starred)?;
                self.done()
            }
            Command::Attach(path, text) => self.attach(&path, text).await,
            Command::Save(folder) => self.save(&folder).await,
            Command::Accept => {
                self.client
                    .accept(self.state.open.ok_or(CliError::UnknownConversation)?)?;
                self.read_list()
            }
            Command::Ignore => self.ignore().await,
            Command::Search(query) => self.search(query),
            Command::Open(name) => self.open_named(&name).await,
            Command::Help => {
                self.state.over = Over::Help;
                Ok(())
            }
            Command::Quit => {
                self.state.composer.take();
                self.state.quits = true;
                Ok(())
            }
            Command::Unknown(verb) => {
                self.state.notice = Some(format!(
                    "There is no command /{verb}, or it needs more: see /help."
                ));
                Ok(())
            }
        }
    }

    fn done(&mut self) -> Result<(), CliError> {
        self.state.chosen = None;
        self.read_timeline()
    }

    fn target_where(
        &self,
        may: impl Fn(undertone_client_core::view::MessageMayView) -> bool,
    ) -> Result<MessageKey, CliError> {
        let key = self.state.target(|message| message.own && may(message.may));
        Ok(key.ok_or(ClientError::UnknownMessage)?)
    }

    async fn say(&mut self, text: String, reply_to: Option<MessageKey>) -> Result<(), CliError> {
        let conversation = self.state.open.ok_or(CliError::UnknownConversation)?;
        let draft = Draft {
            text,
            reply_to,
            ..Draft::default()
        };
        let key = MessageKey::random(&mut OsRng);
        self.client.send_text(conversation, key, draft).await?;
        self.show_newest()
    }

    async fn attach(&mut self, path: &std::path::Path, text: String) -> Result<(), CliError> {
        let conversation = self.state.open.ok_or(CliError::UnknownConversation)?;
        let files = vec![file::outgoing(path)?];
        let draft = Draft {
            text,
            ..Draft::default()
        };
        let key = MessageKey::random(&mut OsRng);
        self.client.send_files(conversation, key, (draft, files)).await?;
        self.show_newest()
    }

    /// Saves the files of the chosen message, or of the last one that has any.
    async fn save(&mut self, folder: &std::path::Path) -> Result<(), CliError> {
        let chosen = self.state.chosen_message();
        let last = || {
            self.state
                .messages
                .iter()
                .rfind(|message| !message.files.is_empty())
        };
        let message = chosen.or_else(last).ok_or(CliError::NoFiles)?;
        if message.files.is_empty() {
            return Err(CliError::NoFiles);
        }
        let key = message.key;
        let files: Vec<_> = message.files.iter().map(|file| file.index).collect();
        let mut saved = Vec::with_capacity(files.len());
        for index in files {
            let file = file::save_one(&self.client, (key, index), folder).await?;
            saved.push(printable(&file.path.to_string_lossy()));
        }
        self.state.notice = Some(format!("Saved {}.", saved.join(", ")));
        Ok(())
    }

    /// A request between two is put aside, a group is left: its members would see the user there for ever.
    async fn ignore(&mut self) -> Result<(), CliError> {
        let view = self.state.present().ok_or(CliError::UnknownConversation)?;
        let (conversation, kind) = (view.conversation, view.kind);
        if !view.request {
            return Err(ClientError::NoRequest.into());
        }
        match kind {
            ConversationKind::Direct => self.client.ignore(conversation, false)?,
            ConversationKind::Group | ConversationKind::Room => self.client.leave(conversation).await?,
        }
        self.state.open = None;
        self.state.messages.clear();
        self.state.focus = Focus::List;
        self.read_list()
    }

    fn search(&mut self, query: String) -> Result<(), CliError> {
        let wanted = SearchQuery {
            text: query.clone(),
            limit: Some(FOUND_MAX),
            ..SearchQuery::default()
        };
        let results = self.client.search(wanted)?;
        self.state.over = Over::Found(Found {
            query,
            results,
            at: 0,
        });
        Ok(())
    }

    /// By title, by the name of a person, or with somebody new.
    pub(super) async fn open_named(&mut self, name: &str) -> Result<(), CliError> {
        let found = crate::command::conversation::find_among(&self.client.conversations()?, name)?;
        let conversation = match found {
            Some(conversation) => conversation,
            None => self.client.open_direct_by_name(name).await?,
        };
        self.state.composer.take();
        self.read_list()?;
        self.open(conversation)
    }

    /// Adds what is new in a conversation to its transcript, however much that is.
    pub(super) fn write_transcript(&mut self, conversation: ConversationId) -> Result<(), CliError> {
        if self.transcripts.are_off() {
            return Ok(());
        }
        let written = self.written.entry(conversation).or_insert(0);
        let is_new = |message: &MessageView| message.sequence.is_some_and(|place| place > *written);
        let mut rows: VecDeque<MessageView> = VecDeque::new();
        let mut query = TimelineQuery::newest(PAGE);
        loop {
            let view = self.client.timeline(conversation, query)?;
            query.before = view.messages.first().map(|message| message.key);
            // Shared history has no place here, and is no part of it.
            let is_old = |message: &MessageView| message.sequence.is_some_and(|place| place <= *written);
            let is_reached = view
                .messages
                .iter()
                .any(|message| !message.shared && is_old(message));
            for message in view.messages.into_iter().rev().filter(&is_new) {
                rows.push_front(message);
            }
            if is_reached || !view.more || query.before.is_none() {
                break;
            }
        }
        for message in rows {
            *written = message.sequence.unwrap_or(*written);
            self.transcripts
                .row_of(|| self.client.title(conversation), &message)?;
        }
        Ok(())
    }
}
