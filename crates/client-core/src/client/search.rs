//! The part of the facade that is about finding messages and taking them along.

use super::Client;
use crate::error::ClientError;
use crate::export::{self, ExportFormat, ExportPage};
use crate::search::{self, FoundView, SearchQuery, SearchReachView};
use undertone_wire::ConversationId;

impl Client {
    /// Looks for messages on this device.
    pub fn search(&self, query: impl Into<SearchQuery>) -> Result<Vec<FoundView>, ClientError> {
        search::search(self.core(), &query.into())
    }

    /// What a conversation is called.
    pub fn title(&self, conversation: ConversationId) -> Result<String, ClientError> {
        let known = self.core().store.conversation(conversation)?;
        crate::view::title(self.core(), &known.ok_or(ClientError::UnknownConversation)?)
    }

    /// How much there is to search.
    pub fn search_reach(&self) -> Result<SearchReachView, ClientError> {
        search::reach(self.core())
    }

    /// A part of a conversation as text or JSON, oldest first: the first, or the one that another named as the next.
    pub fn export(
        &self,
        conversation: ConversationId,
        format: ExportFormat,
        after: Option<&str>,
    ) -> Result<ExportPage, ClientError> {
        export::page(self.core(), conversation, format, after)
    }
}
