//! What the full-screen client shows, as plain data: the screen draws it, keys and news change it. It
//! asks nobody and draws nothing.

use super::composer::Composer;
use undertone_client_core::MessageKey;
use undertone_client_core::platform::Zone;
use undertone_client_core::search::FoundView;
use undertone_client_core::view::{ConnectionState, ConversationView, MessageView};
use undertone_wire::ConversationId;

/// Where keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Focus {
    /// The list of conversations.
    List,
    /// The messages.
    Timeline,
    /// What is being written.
    Compose,
}

/// What stands over everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Over {
    Nothing,
    Help,
    Found(Found),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) query: String,
    pub(super) results: Vec<FoundView>,
    pub(super) at: usize,
}

/// See the module.
#[derive(Debug)]
pub(super) struct State {
    pub(super) conversations: Vec<ConversationView>,
    /// The one that is open.
    pub(super) open: Option<ConversationId>,
    /// Which of the list is chosen.
    pub(super) at: usize,
    /// Oldest first.
    pub(super) messages: Vec<MessageView>,
    /// Whether there are older ones.
    pub(super) more: bool,
    /// Whether there are newer ones: an old part is shown.
    pub(super) more_after: bool,
    pub(super) first_unread: Option<MessageKey>,
    pub(super) chosen: Option<MessageKey>,
    pub(super) focus: Focus,
    pub(super) composer: Composer,
    pub(super) over: Over,
    /// What went wrong, or was done, last.
    pub(super) notice: Option<String>,
    pub(super) connection: ConnectionState,
    /// Where the user's clock hangs.
    pub(super) zone: Zone,
    pub(super) quits: bool,
}

impl State {
    pub(super) fn new(zone: Zone) -> Self {
        Self {
            conversations: Vec::new(),
            open: None,
            at: 0,
            messages: Vec::new(),
            more: false,
            more_after: false,
            first_unread: None,
            chosen: None,
            focus: Focus::Compose,
            composer: Composer::default(),
            over: Over::Nothing,
            notice: None,
            connection: ConnectionState::Connecting,
            zone,
            quits: false,
        }
    }

    /// The conversation that is open.
    pub(super) fn present(&self) -> Option<&ConversationView> {
        self.conversations
            .iter()
            .find(|view| Some(view.conversation) == self.open)
    }

    /// The message that is chosen.
    pub(super) fn chosen_message(&self) -> Option<&MessageView> {
        self.messages
            .iter()
            .find(|message| Some(message.key) == self.chosen)
    }

    /// The chosen message, or the last that fits.
    pub(super) fn target(&self, fits: impl Fn(&MessageView) -> bool) -> Option<MessageKey> {
        let last = || {
            self.messages
                .iter()
                .rfind(|message| is_said(message) && fits(message))
        };
        self.chosen_message().or_else(last).map(|message| message.key)
    }

    /// Chooses the message so many before (or after) the chosen one; after the last none is chosen.
    pub(super) fn choose(&mut self, by: isize) {
        let keys: Vec<MessageKey> = self
            .messages
            .iter()
            .filter(|message| is_said(message))
            .map(|message| message.key)
            .collect();
        let present = keys
            .iter()
            .position(|key| Some(*key) == self.chosen)
            .unwrap_or(keys.len());
        let next = present.saturating_add_signed(by);
        self.chosen = keys.get(next).copied();
    }

    /// Whether the oldest message that is here is chosen.
    pub(super) fn is_at_top(&self) -> bool {
        let first = self.messages.iter().find(|message| is_said(message));
        first.is_none_or(|first| Some(first.key) == self.chosen)
    }

    /// Takes a new list; what is chosen in it stays chosen.
    pub(super) fn set_conversations(&mut self, conversations: Vec<ConversationView>) {
        let chosen = self
            .conversations
            .get(self.at)
            .map(|view| view.conversation)
            .or(self.open);
        self.conversations = conversations;
        let at = self
            .conversations
            .iter()
            .position(|view| Some(view.conversation) == chosen);
        self.at = at.unwrap_or(0);
    }

    /// Moves in the list.
    pub(super) fn move_in_list(&mut self, by: isize) {
        let last = self.conversations.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
    }
}

/// Whether a row is a message that somebody can do something with.
pub(super) fn is_said(message: &MessageView) -> bool {
    message.event.is_none() && !message.hidden
}
