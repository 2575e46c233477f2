//! What was said before somebody came, where the conversation shares it: one member who is online sends
//! it into the group again, for the newcomers of one commit. Off unless an admin chose it; nothing else
//! from before can be read, since the group's keys begin with one's own commit.
//!
//! Who shares is the same for everybody: whoever added the newcomers, then the others by their leaves. Each
//! waits a second longer than the one before and a little at random, and no longer wants to as soon as
//! somebody has. What was shared is vouched for by the sharer alone, and shown so.

use super::event::Place;
use super::key::MessageKey;
use super::receive::{self, Arrival};
use super::verify;
use super::{clock, send, talk};
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::file;
use crate::store::conversation::ConversationState;
use crate::store::message::{Marks, MessageState, RowKind, SharedBy, StoredMessage};
use crate::store::share::{Arrival as Came, ShareWanted, Shareable};
use crate::sync::status::Phase;
use rand::Rng;
use std::collections::BTreeMap;
use std::time::Duration;
use undertone_mls::{CommitApplied, Member};
use undertone_wire::content::{Content, HistorySharing, Part, SharedHistory, SharedMessage};
use undertone_wire::limits::HISTORY_MESSAGES_MAX;
use undertone_wire::{Bytes, Sequence, Timestamp, UserId, codec};

/// Each waits so much longer than the one before.
const TURN: Duration = Duration::from_secs(1);
/// And up to so much at random.
const JITTER_MS: u64 = 400;
/// Nobody waits longer than this many turns.
const TURNS_MAX: u32 = 30;
/// At most so many bytes of content in one part: the longest text fits, and with it into a message.
const PART_BYTES_MAX: usize = 66 * 1024;

/// When this device shares for the newcomers of which commit, by the monotonic clock.
pub(crate) type Due = BTreeMap<ShareWanted, u64>;

/// A commit brought people in: this device may have to share. Part of the commit's transaction.
pub(super) fn plan(
    core: &Core,
    place: Place,
    applied: &CommitApplied,
    members: &[Member],
) -> Result<(), ClientError> {
    if core.store.agreed(place.conversation)?.history == HistorySharing::Nothing {
        return Ok(());
    }
    let own = core
        .groups
        .with(place.conversation, |group, _| Ok(group.own_leaf()))?;
    let is_new = |member: &Member| applied.added.iter().any(|new| new.user == member.user);
    let mut leaves: Vec<(bool, u32)> = members
        .iter()
        .filter(|member| !is_new(member))
        .map(|member| (member.leaf != applied.committer.leaf, member.leaf))
        .collect();
    leaves.sort_unstable();
    let Some(turn) = leaves.iter().position(|(_, leaf)| *leaf == own) else {
        return Ok(());
    };
    Ok(core.store.add_share_wanted(ShareWanted {
        conversation: place.conversation,
        sequence: place.sequence,
        place: u32::try_from(turn).unwrap_or(u32::MAX).min(TURNS_MAX),
    })?)
}

/// Shares where it is this device's turn; says how long nothing is to be done.
pub(super) fn round(core: &Core) -> Result<Duration, ClientError> {
    let wanted = core.store.shares_wanted()?;
    core.sharing
        .borrow_mut()
        .retain(|share, _| wanted.contains(share));
    let mut wait = Duration::MAX;
    if core.status.phase() != Phase::Online {
        // The others have their turns meanwhile.
        core.sharing.borrow_mut().clear();
        return Ok(wait);
    }
    for share in wanted {
        let now = core.platform.monotonic_ms();
        let due = *core
            .sharing
            .borrow_mut()
            .entry(share)
            .or_insert_with(|| now.saturating_add(turn_ms(share.place)));
        if due <= now {
            share_now(core, share)?;
        } else {
            wait = wait.min(Duration::from_millis(due.saturating_sub(now)));
        }
    }
    Ok(wait)
}

fn turn_ms(place: u32) -> u64 {
    let turns = u64::try_from(TURN.saturating_mul(place).as_millis()).unwrap_or(u64::MAX);
    turns.saturating_add(rand::rngs::OsRng.gen_range(0..JITTER_MS))
}

fn share_now(core: &Core, wanted: ShareWanted) -> Result<(), ClientError> {
    let me = core.me()?;
    core.transaction(|| {
        core.store
            .delete_share_wanted(wanted.conversation, wanted.sequence)?;
        let known = core.store.conversation(wanted.conversation)?;
        if known.is_none_or(|known| known.state != ConversationState::Active) {
            return Ok(());
        }
        for part in parts(core, &me, wanted)? {
            send::queue_part(core, &me, wanted.conversation, part)?;
        }
        Ok(())
    })?;
    core.signal.notify();
    Ok(())
}

/// What is shared, in as many parts as it needs.
fn parts(core: &Core, me: &Me, wanted: ShareWanted) -> Result<Vec<Part>, ClientError> {
    let now = clock::shown(core);
    let (limit, since) = match core.store.agreed(wanted.conversation)?.history {
        HistorySharing::Nothing => return Ok(Vec::new()),
        HistorySharing::Messages(count) => (count.min(HISTORY_MESSAGES_MAX), Timestamp::default()),
        HistorySharing::Hours(hours) => {
            let long = Duration::from_hours(u64::from(hours));
            (HISTORY_MESSAGES_MAX, now.minus(long))
        }
    };
    let messages = core.store.shareable(Shareable {
        conversation: wanted.conversation,
        before: wanted.sequence,
        since,
        limit,
        now,
    })?;
    let mut parts: Vec<Vec<SharedMessage>> = Vec::new();
    let mut room = 0;
    for message in messages {
        let Some(shared) = shared_message(core, me, message)? else {
            continue;
        };
        let size = shared.content.len().saturating_add(128);
        match parts.last_mut() {
            Some(part) if size <= room => part.push(shared),
            _ => {
                room = PART_BYTES_MAX;
                parts.push(vec![shared]);
            }
        }
        room = room.saturating_sub(size);
    }
    let part = |messages| {
        Part::History(SharedHistory {
            for_commit: wanted.sequence,
            messages,
        })
    };
    Ok(parts.into_iter().map(part).collect())
}

fn shared_message(
    core: &Core,
    me: &Me,
    message: StoredMessage,
) -> Result<Option<SharedMessage>, ClientError> {
    let content = current_content(&message)?;
    let name = match message.kind {
        RowKind::Shared(shared) => Some(shared.name),
        _ if message.sender == me.user => Some(me.name.clone()),
        _ => core.store.contact(message.sender)?.map(|contact| contact.name),
    };
    Ok(name.map(|name| SharedMessage {
        user: message.sender,
        name,
        sent_at: message.sent_at,
        content: Bytes(content),
    }))
}

/// What a message says now. One that was edited names the message that it is an edit of, so that what is
/// said about that later is found.
fn current_content(message: &StoredMessage) -> Result<Vec<u8>, ClientError> {
    if !message.marks.edited {
        return Ok(message.content.clone());
    }
    let mut content = talk::content_of(message)?;
    match &mut content.part {
        Part::Text(text) => text.clone_from(&message.text),
        Part::Files(attachment) => attachment.text.clone_from(&message.text),
        _ => {}
    }
    content.replaces = Some(message.message);
    Ok(codec::to_cbor(&content)?)
}

/// Somebody shared what was said before. It counts where this device came by that commit, the
/// conversation shares its history, and nobody else has shared yet. Part of the entry's transaction.
pub(super) fn received(
    arrival: &Arrival<'_>,
    sender: UserId,
    history: &SharedHistory,
) -> Result<(), ClientError> {
    let store = &arrival.core.store;
    let id = arrival.conversation.id;
    store.delete_share_wanted(id, history.for_commit)?;
    let (Some(came), Some(agreed)) = (store.arrival(id)?, store.known_agreed(id)?) else {
        return Ok(());
    };
    let others = came.shared_by.is_some_and(|first| first != sender);
    let for_others = came.sequence != history.for_commit;
    if others || for_others || agreed.history == HistorySharing::Nothing {
        return Ok(());
    }
    let shared = store.shared_count(id, came.sequence)?;
    let left = u64::from(HISTORY_MESSAGES_MAX).saturating_sub(shared);
    let limit = usize::try_from(left).unwrap_or(usize::MAX);
    for message in history.messages.iter().take(limit) {
        keep(arrival, (sender, came.sequence), message)?;
    }
    let came = Came {
        shared_by: Some(sender),
        ..came
    };
    Ok(store.save_arrival(id, came)?)
}

fn keep(
    arrival: &Arrival<'_>,
    (by, commit): (UserId, Sequence),
    shared: &SharedMessage,
) -> Result<(), ClientError> {
    let Arrival { core, me, entry, .. } = *arrival;
    let Ok(read) = verify::read(shared.content.as_slice()) else {
        return Ok(());
    };
    let Content {
        part: part @ (Part::Text(_) | Part::Files(_)),
        expires,
        replaces,
        in_reply_to,
        forwarded,
        ..
    } = read.content
    else {
        return Ok(());
    };
    let message = replaces.unwrap_or(read.message);
    let known = core.store.message_sender(entry.conversation, message)?;
    let own = shared.user == me.user;
    let lifetime = receive::lifetime(expires, shared.sent_at, own);
    let ended = lifetime.expires_at.is_some_and(|at| at <= clock::trusted(core));
    if known.is_some() || ended || shared.sent_at > entry.sent_at {
        return Ok(());
    }
    let row = core.store.add_message(&StoredMessage {
        row: 0,
        key: MessageKey::of_received(entry.conversation, message),
        conversation: entry.conversation,
        message,
        // Before the commit by which this device came.
        sequence: Some(Sequence(commit.0.saturating_sub(1))),
        sender: shared.user,
        sender_device: entry.sender,
        own,
        state: MessageState::Sent,
        sent_at: shared.sent_at,
        text: talk::words(&part).to_owned(),
        content: shared.content.0.clone(),
        franking_mac: Vec::new(),
        payload_hash: None,
        lifetime,
        kind: RowKind::Shared(SharedBy {
            user: by,
            name: shared.name.clone(),
        }),
        marks: Marks {
            reply_to: in_reply_to,
            forwarded,
            edited: replaces.is_some(),
            ..Marks::default()
        },
    })?;
    match &part {
        Part::Files(attachment) => file::received(core, row, attachment),
        _ => Ok(()),
    }
}
