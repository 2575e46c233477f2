//! Parts of a timeline: the newest, what stands before, after or around a message, and lists of messages
//! that stand out.

use super::conversation::{NoticeView, notices};
use super::message::{MessageView, Names, bubble_view};
use super::talk::{EditView, ReaderView};
use crate::core::Core;
use crate::error::ClientError;
use crate::message::key::MessageKey;
use crate::message::{clock, talk};
use crate::store::message::{Page, StoredMessage};
use serde::{Deserialize, Serialize};
use undertone_wire::ConversationId;
use undertone_wire::limits::SIGNAL_PEOPLE_MAX;

/// Most messages of one page or one list.
pub(super) const LIMIT_MAX: u32 = 500;

/// Which part of a timeline. Of `before`, `after`, `around` and `around_unread` at most one counts, the first
/// in this order; without any, the newest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct TimelineQuery {
    /// At most so many.
    pub limit: u32,
    /// Only what stands before this message: the newest of it.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub before: Option<MessageKey>,
    /// Only what stands after this message: the oldest of it.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub after: Option<MessageKey>,
    /// This message, and what stands before and after it.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub around: Option<MessageKey>,
    /// The first message that was not read, and what stands before and after it; the newest, if all was read.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub around_unread: bool,
}

impl TimelineQuery {
    /// The newest so many.
    pub fn newest(limit: u32) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }
}

/// A part of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct TimelineView {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Oldest first.
    pub messages: Vec<MessageView>,
    /// Whether there is more before the first.
    pub more: bool,
    /// Whether there is more after the last.
    pub more_after: bool,
    /// The first message of others that was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub first_unread: Option<MessageKey>,
    /// What the user must know about the conversation, the gravest first.
    pub notices: Vec<NoticeView>,
}

/// Rows, oldest first, and what is around them.
#[derive(Default)]
struct Window {
    rows: Vec<StoredMessage>,
    more: bool,
    more_after: bool,
}

/// Reads a part of a timeline. Empty while nobody is signed in.
pub(crate) fn timeline(
    core: &Core,
    conversation: ConversationId,
    query: TimelineQuery,
) -> Result<TimelineView, ClientError> {
    let Ok(me) = core.me() else {
        return Ok(TimelineView {
            conversation,
            messages: Vec::new(),
            more: false,
            more_after: false,
            first_unread: None,
            notices: Vec::new(),
        });
    };
    let known = core
        .store
        .conversation(conversation)?
        .ok_or(ClientError::UnknownConversation)?;
    let now = clock::shown(core);
    let first_unread = core.store.first_unread(conversation, known.read_sequence, now)?;
    let window = window(core, conversation, (query, first_unread))?;
    let mut names = Names::new(core, &me);
    let mut messages = Vec::with_capacity(window.rows.len());
    for message in window.rows {
        messages.push(names.view(message)?);
    }
    if !window.more_after {
        let bubbles = core.bubbles.borrow();
        let here = bubbles
            .iter()
            .filter(|bubble| bubble.conversation == conversation);
        for bubble in here {
            messages.push(bubble_view(&mut names, bubble)?);
        }
    }
    Ok(TimelineView {
        conversation,
        messages,
        more: window.more,
        more_after: window.more_after,
        first_unread,
        notices: notices(core, &known)?,
    })
}

fn window(
    core: &Core,
    conversation: ConversationId,
    (query, first_unread): (TimelineQuery, Option<MessageKey>),
) -> Result<Window, ClientError> {
    let limit = query.limit.min(LIMIT_MAX);
    let page = |before, limit| Page {
        conversation,
        before,
        limit,
        now: clock::shown(core),
    };
    let around = query
        .around
        .or_else(|| first_unread.filter(|_| query.around_unread));
    if query.before.is_some() || (query.after.is_none() && around.is_none()) {
        let (mut rows, more) = core.store.timeline(page(query.before, limit))?;
        rows.reverse();
        return Ok(Window {
            rows,
            more,
            more_after: query.before.is_some(),
        });
    }
    if query.after.is_some() {
        let (rows, more_after) = core.store.timeline_after(page(query.after, limit), false)?;
        return Ok(Window {
            rows,
            more: true,
            more_after,
        });
    }
    let half = limit.div_ceil(2);
    let (mut rows, more) = core.store.timeline(page(around, limit.saturating_sub(half)))?;
    rows.reverse();
    let (after, more_after) = core.store.timeline_after(page(around, half), true)?;
    rows.extend(after);
    Ok(Window {
        rows,
        more,
        more_after,
    })
}

/// The pinned messages of a conversation, the last pinned first.
pub(crate) fn pinned(core: &Core, conversation: ConversationId) -> Result<Vec<MessageView>, ClientError> {
    let me = core.me()?;
    let pinned = core.store.pinned(conversation, clock::shown(core))?;
    let mut names = Names::new(core, &me);
    pinned.into_iter().map(|message| names.view(message)).collect()
}

/// The messages that the user starred, the newest first.
pub(crate) fn starred(core: &Core) -> Result<Vec<MessageView>, ClientError> {
    let me = core.me()?;
    let starred = core.store.starred(LIMIT_MAX, clock::shown(core))?;
    let mut names = Names::new(core, &me);
    starred.into_iter().map(|message| names.view(message)).collect()
}

/// What a message said before and says now, the first first.
pub(crate) fn edits(core: &Core, key: MessageKey) -> Result<Vec<EditView>, ClientError> {
    let me = core.me()?;
    let message = talk::target(core, key)?;
    let content = talk::content_of(&message)?;
    let mut said = vec![(talk::words(&content.part).to_owned(), message.sent_at)];
    said.extend(core.store.edits(message.row)?);
    let mut names = Names::new(core, &me);
    let edits = said.into_iter();
    edits
        .map(|edit| EditView::of(&mut names, message.conversation, edit))
        .collect()
}

/// Who has read an own message, the first first, and then who has not said so.
pub(crate) fn readers(core: &Core, key: MessageKey) -> Result<Vec<ReaderView>, ClientError> {
    let me = core.me()?;
    let message = talk::target(core, key)?;
    let known = core.store.conversation(message.conversation)?;
    let known = known.ok_or(ClientError::UnknownConversation)?;
    let people = usize::try_from(known.people).unwrap_or(usize::MAX);
    let Some(sequence) = message.sequence.filter(|_| message.own) else {
        return Ok(Vec::new());
    };
    if people > SIGNAL_PEOPLE_MAX || !core.store.privacy()?.receipts {
        return Ok(Vec::new());
    }
    let mut names = Names::new(core, &me);
    let mut readers = Vec::new();
    for (user, at) in core.store.readers(known.id, sequence)? {
        if user != me.user {
            readers.push(ReaderView {
                user,
                name: names.of(user)?,
                at_ms: Some(at.as_millis()),
            });
        }
    }
    if known.state.has_group() {
        let members = core.groups.with(known.id, |group, _| group.members())?;
        for member in members {
            let is_known = readers.iter().any(|reader| reader.user == member.user);
            if member.user != me.user && !is_known {
                readers.push(ReaderView {
                    user: member.user,
                    name: names.of(member.user)?,
                    at_ms: None,
                });
            }
        }
    }
    Ok(readers)
}
