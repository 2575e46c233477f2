//! Search on the device: what a query means, what is found, and where in it the words stand. The index
//! itself is in the store. Nothing of a query leaves the device.

mod excerpt;
mod query;
pub(crate) mod words;

use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::markup::{self, Spoilers};
use crate::message::clock;
use crate::store::message::StoredMessage;
use crate::store::search::{Search, any_mark, conversation_mark, file_mark, link_mark, sender_mark};
use crate::view::{self, MessageView};
use query::{Query, Term};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use undertone_wire::{ConversationId, Timestamp, UserId};

/// Most messages of one search.
const LIMIT_MAX: u32 = 500;
/// So many are found when nobody says how many.
const LIMIT_DEFAULT: u32 = 50;
/// Most people or conversations that a filter stands for.
const CHOICES_MAX: usize = 50;

/// In which order results come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum SearchOrder {
    /// The newest first.
    #[default]
    Newest,
    /// The best first.
    Relevance,
}

/// What is looked for.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct SearchQuery {
    /// Words, "phrases" and `from:NAME` `in:TITLE` `has:file` `has:link` `before:DATE` `after:DATE`.
    pub text: String,
    /// At most so many.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub limit: Option<u32>,
    /// In which order.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub order: SearchOrder,
    /// Only in this one.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub conversation: Option<ConversationId>,
    /// Where days begin: minutes ahead of UTC; by the device's clock, if missing.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub utc_offset_minutes: Option<i32>,
}

impl From<&str> for SearchQuery {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }
}

impl std::fmt::Debug for SearchQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchQuery")
            .field("limit", &self.limit)
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

/// One message that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct FoundView {
    /// Which.
    pub message: MessageView,
    /// What its conversation is called.
    pub conversation_title: String,
    /// What it says, without marks: the part in which the words stand, if it is long.
    pub text: String,
    /// Where the words stand in `text`: beginning and end, in UTF-16 units as JavaScript counts.
    #[cfg_attr(feature = "typescript", tsify(type = "[number, number][]"))]
    pub highlights: Vec<[u32; 2]>,
}

/// How much there is to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct SearchReachView {
    /// Messages on this device.
    pub messages: u32,
    /// When the oldest of them was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub oldest_ms: Option<u64>,
}

/// Reads it.
pub(crate) fn reach(core: &Core) -> Result<SearchReachView, ClientError> {
    let reach = core.store.search_reach()?;
    Ok(SearchReachView {
        messages: reach.messages,
        oldest_ms: reach.oldest.map(Timestamp::as_millis),
    })
}

/// Searches. Nothing is found while nobody is signed in.
pub(crate) fn search(core: &Core, wanted: &SearchQuery) -> Result<Vec<FoundView>, ClientError> {
    let Ok(me) = core.me() else { return Ok(Vec::new()) };
    let offset = wanted.utc_offset_minutes;
    let offset = offset.unwrap_or_else(|| core.platform.utc_offset_minutes(core.platform.now()));
    let query = Query::read(&wanted.text, offset);
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let Some(expression) = expression(core, &me, wanted, &query)? else {
        return Ok(Vec::new());
    };
    let moment = |ms: i64| Timestamp::from_millis(u64::try_from(ms).unwrap_or(0));
    let search = Search {
        expression,
        from: query.after_ms.map_or_else(Timestamp::default, moment),
        until: query
            .before_ms
            .map_or(Timestamp::from_millis(i64::MAX.unsigned_abs()), moment),
        now: clock::shown(core),
        limit: wanted.limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX),
    };
    let found = match wanted.order {
        SearchOrder::Newest => {
            let mut found = core.store.search_newest(&search)?;
            // Shared history came to this device later than it was written.
            found.sort_by_key(|message| std::cmp::Reverse((message.sent_at, message.row)));
            found
        }
        SearchOrder::Relevance => core.store.search_best(&search)?,
    };
    views(core, &me, found, &query.terms)
}

/// The query in the language of FTS5; none if a filter stands for nobody or for no conversation.
fn expression(
    core: &Core,
    me: &Me,
    wanted: &SearchQuery,
    query: &Query,
) -> Result<Option<String>, ClientError> {
    let mut all: Vec<String> = Vec::new();
    let words: Vec<String> = query.terms.iter().filter_map(Term::expression).collect();
    if !words.is_empty() {
        all.push(format!("{{text files}} : ({})", words.join(" AND ")));
    }
    if !query.from.is_empty() {
        let people = people(core, me, &query.from)?;
        all.push(one_of(people.into_iter().map(sender_mark)));
    }
    if !query.within.is_empty() {
        let conversations = conversations(core, &query.within)?;
        all.push(one_of(conversations.into_iter().map(conversation_mark)));
    }
    if let Some(conversation) = wanted.conversation {
        all.push(one_of([conversation_mark(conversation)]));
    }
    if query.has_file {
        all.push(one_of([file_mark()]));
    }
    if query.has_link {
        all.push(one_of([link_mark()]));
    }
    if all.is_empty() {
        all.push(one_of([any_mark()]));
    }
    let possible = all.iter().all(|part| !part.is_empty());
    Ok(possible.then(|| all.join(" AND ")))
}

fn one_of(marks: impl IntoIterator<Item = String>) -> String {
    let marks: Vec<String> = marks.into_iter().map(|mark| format!("\"{mark}\"")).collect();
    if marks.is_empty() {
        return String::new();
    }
    format!("marks : ({})", marks.join(" OR "))
}

/// Those whose name, or a word of it, begins like one of these.
fn people(core: &Core, me: &Me, wanted: &[String]) -> Result<Vec<UserId>, ClientError> {
    let wanted: Vec<String> = wanted.iter().map(|name| words::units(name)).collect();
    let fits = |name: &str| {
        let name = words::units(name);
        wanted
            .iter()
            .any(|wanted| name.starts_with(wanted) || name.contains(&format!(" {wanted}")))
    };
    let mut people = Vec::new();
    if fits(me.name.as_str()) || wanted.iter().any(|wanted| wanted == "me") {
        people.push(me.user);
    }
    for person in view::contacts(core)? {
        if fits(&person.name) || fits(&person.user_name) {
            people.push(person.user);
        }
    }
    people.truncate(CHOICES_MAX);
    Ok(people)
}

/// Those whose title has a word that begins like one of these.
fn conversations(core: &Core, wanted: &[String]) -> Result<Vec<ConversationId>, ClientError> {
    let wanted: Vec<String> = wanted.iter().map(|title| words::units(title)).collect();
    let mut found = Vec::new();
    for conversation in core.store.conversations()? {
        let title = format!(" {}", words::units(&view::title(core, &conversation)?));
        if wanted.iter().any(|wanted| title.contains(&format!(" {wanted}"))) {
            found.push(conversation.id);
        }
    }
    found.truncate(CHOICES_MAX);
    Ok(found)
}

fn views(
    core: &Core,
    me: &Me,
    found: Vec<StoredMessage>,
    terms: &[Term],
) -> Result<Vec<FoundView>, ClientError> {
    let mut titles: HashMap<ConversationId, String> = HashMap::new();
    let mut views = Vec::with_capacity(found.len());
    for message in view::messages(core, me, found)? {
        let title = if let Some(title) = titles.get(&message.conversation) {
            title.clone()
        } else {
            let conversation = core.store.conversation(message.conversation)?;
            let title = conversation.map(|known| view::title(core, &known)).transpose()?;
            let title = title.unwrap_or_default();
            titles.insert(message.conversation, title.clone());
            title
        };
        let name = &mut |user: UserId| {
            let mentioned = message.mentions.iter().find(|mention| mention.user == user);
            mentioned.map(|mention| mention.name.clone())
        };
        // Whoever looks for what a spoiler hides is told where it is, and no more.
        let said = markup::plain_with_names(&message.text, Spoilers::Hidden, name);
        let excerpt = excerpt::excerpt(&said, terms);
        views.push(FoundView {
            message,
            conversation_title: title,
            text: excerpt.text,
            highlights: excerpt.highlights,
        });
    }
    Ok(views)
}
