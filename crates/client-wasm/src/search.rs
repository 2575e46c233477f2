//! Finding messages and taking conversations along, for JavaScript.

use crate::client::{Client, each};
use crate::convert::{ToCore, ToPage};
use crate::failure::Failure;
use crate::input::{ConversationIdText, parse};
use tsify::Ts;
use undertone_client_core::export::{ExportFormat, ExportPage};
use undertone_client_core::search::{FoundView, SearchQuery, SearchReachView};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Looks for messages on this device.
    pub fn search(&self, query: &Ts<SearchQuery>) -> Result<Vec<Ts<FoundView>>, Failure> {
        each(self.core.search(query.to_core()?)?)
    }

    /// How much there is to search.
    #[wasm_bindgen(js_name = searchReach)]
    pub fn search_reach(&self) -> Result<Ts<SearchReachView>, Failure> {
        self.core.search_reach()?.to_page()
    }

    /// A part of a conversation as a file: the first, or the one that another named as the next.
    #[wasm_bindgen(js_name = exportConversation)]
    pub fn export_conversation(
        &self,
        conversation: &ConversationIdText,
        format: &Ts<ExportFormat>,
        after: Option<String>,
    ) -> Result<Ts<ExportPage>, Failure> {
        let page = self
            .core
            .export(parse(conversation)?, format.to_core()?, after.as_deref())?;
        page.to_page()
    }

    /// A safe name for the file of a conversation.
    #[wasm_bindgen(js_name = exportFileName)]
    pub fn export_file_name(
        &self,
        conversation: &ConversationIdText,
        title: &str,
        ending: &str,
    ) -> Result<String, Failure> {
        Ok(undertone_client_core::export::file_name(
            title,
            parse(conversation)?,
            ending,
        ))
    }
}
