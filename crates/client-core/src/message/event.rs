//! What happened to a conversation, kept as rows of its timeline: written in the transaction of the
//! commit or state message that did it. What a commit may do is decided by the rule in `mls`; here it
//! is only told.

mod told;

use super::key::MessageKey;
use super::{share, talk};
use crate::conversation::pin;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::store::message::{Lifetime, Marks, MessageState, RowKind, StoredMessage};
use crate::store::share::Arrival;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use told::{People, people_events, profile_events};
use undertone_mls::CommitApplied;
use undertone_wire::content::{Expiry, HistorySharing};
use undertone_wire::conversation::{Accepted, ConversationKind, LogEntry};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::group::Role;
use undertone_wire::stream::Acknowledge;
use undertone_wire::{ConversationId, DeviceId, MessageId, Sequence, Timestamp, UserId};

/// What the ids of events are hashed under.
const LABEL: &[u8] = b"Undertone event v1\0";

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    pub what: Happening,
    /// To whom.
    pub whom: Vec<UserId>,
}

/// What happened. Who did it is the sender of the row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// The conversation began.
    Founded,
    /// Somebody came in by themselves.
    Joined,
    /// People were brought in.
    Added,
    /// Somebody went by themselves.
    Left,
    /// People were put out.
    Removed,
    /// People were put out and may not come back.
    Banned,
    /// People may come back.
    Unbanned,
    /// People have this role now.
    RoleChanged(Role),
    /// The conversation is called this now.
    TitleChanged(String),
    /// It is about something else.
    TopicChanged,
    /// It looks different.
    PictureChanged,
    /// New messages vanish so.
    TimerChanged(Option<Expiry>),
    /// Those who join get this to read of before.
    HistoryChanged(HistorySharing),
    /// Seconds between two messages of a person.
    SlowModeChanged(u32),
    /// So long the server keeps undelivered messages.
    RetentionChanged(Option<u32>),
    /// Whether nobody comes in.
    LockChanged(bool),
    /// Whether an admin lets people in.
    KnockChanged(bool),
    /// There is a new link.
    LinkChanged,
    /// Most people at once.
    CapacityChanged(u32),
    /// When the room ends.
    ClosingChanged(Option<Timestamp>),
    /// A guest has an account now.
    BecameAccount,
    /// A commit could be processed by nobody.
    Voided,
    /// By what they published nobody could come in: this device has compared it with what it knows itself.
    KeptOut,
    /// Others could process their commit and this device could not: it came in again.
    LeftBehind,
}

/// Where in which log something happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) conversation: ConversationId,
    pub(crate) sequence: Sequence,
    pub(crate) sent_at: Timestamp,
}

impl Place {
    /// The place that the server named.
    pub(crate) const fn of_accepted(accepted: &Accepted) -> Self {
        Self {
            conversation: accepted.conversation,
            sequence: accepted.sequence,
            sent_at: accepted.sent_at,
        }
    }

    /// The place of an entry.
    pub(crate) const fn of(entry: &LogEntry) -> Self {
        Self {
            conversation: entry.conversation,
            sequence: entry.sequence,
            sent_at: entry.sent_at,
        }
    }
}

/// Who did something, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deed {
    pub(super) place: Place,
    pub(super) who: Actor,
}

/// Who did something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Actor {
    pub(super) user: UserId,
    pub(super) device: DeviceId,
}

/// The group has merged a commit: what it did is told, and what was said before is shared with those
/// who came, where that is wanted. Part of the commit's transaction.
pub(crate) fn commit(core: &Core, me: &Me, place: Place, applied: &CommitApplied) -> Result<(), ClientError> {
    let members = core.groups.with(place.conversation, |group, _| group.members())?;
    let people = People::of(applied, &members);
    if applied.after.kind != ConversationKind::Direct {
        let mut told = people_events(applied, &people);
        told.extend(profile_events(applied, &people));
        for (who, event) in told {
            write(core, me, Deed { place, who }, event)?;
        }
        if !people.came.is_empty() && !applied.own_device_removed {
            share::plan(core, place, applied, &members)?;
        }
    }
    Ok(())
}

/// This user began the conversation.
pub(crate) fn founded(core: &Core, me: &Me, place: Place) -> Result<(), ClientError> {
    if is_direct(core, place)? {
        return Ok(());
    }
    write(core, me, by_me(me, place), just(Happening::Founded))
}

/// This device came into a conversation that its user was not in: added by somebody, or by the link.
pub(crate) fn joined_here(core: &Core, me: &Me, place: Place, by: Option<UserId>) -> Result<(), ClientError> {
    if is_direct(core, place)? {
        return Ok(());
    }
    let arrival = Arrival {
        sequence: place.sequence,
        shared_by: None,
    };
    core.store.save_arrival(place.conversation, arrival)?;
    match by {
        Some(user) if user != me.user => {
            let who = Actor {
                user,
                device: me.device,
            };
            let event = Event {
                what: Happening::Added,
                whom: vec![me.user],
            };
            write(core, me, Deed { place, who }, event)
        }
        _ => write(core, me, by_me(me, place), just(Happening::Joined)),
    }
}

/// Who sent a commit that this device could not process, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Suspect {
    pub(crate) place: Place,
    pub(crate) author: DeviceCertificateBody,
}

/// The log says that an entry is void. If it is the commit, its author is named, as far as this device
/// knows them: whoever wanted to come by it is nobody here, and the row has an id of zeros. If it came from
/// outside, and was made from a `GroupInfo` by which nobody can come in, whoever signed that one is named.
pub(crate) fn voided(core: &Core, me: &Me, entry: &LogEntry) -> Result<(), ClientError> {
    let (epoch, members) = core.groups.with(entry.conversation, |group, _| {
        Ok((group.epoch(), group.members()?))
    })?;
    // What was sent after the commit is of the epoch that never began.
    if entry.epoch != epoch {
        return Ok(());
    }
    let place = Place::of(entry);
    let stranger = core.suspects.borrow_mut().remove(&entry.conversation);
    if let Some(who) = kept_out_by(core, me, entry)? {
        return write(core, me, Deed { place, who }, just(Happening::KeptOut));
    }
    let author = members.iter().find(|member| member.device == entry.sender);
    let user = match (author, stranger) {
        (Some(author), _) => author.user,
        // Whoever tried to come in is nobody whom this device knows: their certificate was in the commit.
        (None, Some(stranger)) if stranger.place.sequence == entry.sequence => {
            let user = stranger.author.user;
            note_stranger(core, me, stranger.author)?;
            user
        }
        (None, _) => UserId::from_bytes([0; UserId::LEN]),
    };
    let who = Actor {
        user,
        device: entry.sender,
    };
    write(core, me, Deed { place, who }, just(Happening::Voided))
}

/// Who signed the `GroupInfo` from which a voided commit was made, if it was of no use. The server only
/// hands it on: what this device knows of the epoch and the signature say the rest.
fn kept_out_by(core: &Core, me: &Me, entry: &LogEntry) -> Result<Option<Actor>, ClientError> {
    if entry.payload.is_empty() {
        return Ok(None);
    }
    let judged = core.groups.with(entry.conversation, |group, provider| {
        group.kept_out_by(provider, &me.mls, entry.payload.as_slice())
    });
    match judged {
        Ok(author) => Ok(author.map(|author| Actor {
            user: author.user,
            device: author.device,
        })),
        Err(error) if error.is_of_store() => Err(error),
        Err(error) => {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "what a voided commit was made from says nothing"
            );
            Ok(None)
        }
    }
}

/// Others could process what this device could not: its author is named here, and here alone. It may be
/// this device that is at fault, which is how it is told.
pub(crate) fn left_behind(core: &Core, me: &Me, at: Acknowledge) -> Result<(), ClientError> {
    let suspect = core.suspects.borrow_mut().remove(&at.conversation);
    let Some(Suspect { place, author }) = suspect.filter(|suspect| suspect.place.sequence == at.sequence)
    else {
        return Ok(());
    };
    let who = Actor {
        user: author.user,
        device: author.device,
    };
    note_stranger(core, me, author)?;
    write(core, me, Deed { place, who }, just(Happening::LeftBehind))
}

/// Notes the name of somebody who is named in the timeline, unless it is taken by somebody else.
fn note_stranger(core: &Core, me: &Me, stranger: DeviceCertificateBody) -> Result<(), ClientError> {
    match pin::check_and_pin(core, me, &[stranger]) {
        Err(ClientError::KeyChanged { .. }) => Ok(()),
        noted => noted,
    }
}

/// A commit that this device had processed is void, with all that followed: own messages are to be sent
/// again, and what happened did not happen.
pub(crate) fn undone(
    core: &Core,
    me: &Me,
    conversation: ConversationId,
    from: Sequence,
) -> Result<(), ClientError> {
    talk::undone(core, me, conversation, from)
}

/// Keeps an event as a row of the timeline. One that is kept already is not kept again.
pub(super) fn write(core: &Core, me: &Me, deed: Deed, event: Event) -> Result<(), ClientError> {
    let Deed { place, who } = deed;
    let message = event_id(place, &event)?;
    let key = MessageKey::of_received(place.conversation, message);
    if core.store.message(key)?.is_some() {
        return Ok(());
    }
    core.store.add_message(&StoredMessage {
        row: 0,
        key,
        conversation: place.conversation,
        message,
        sequence: Some(place.sequence),
        sender: who.user,
        sender_device: who.device,
        own: who.user == me.user,
        state: MessageState::Sent,
        sent_at: place.sent_at,
        text: String::new(),
        content: Vec::new(),
        franking_mac: Vec::new(),
        payload_hash: None,
        lifetime: Lifetime::default(),
        kind: RowKind::Event(event),
        marks: Marks::default(),
    })?;
    Ok(())
}

/// The same event at the same place has the same id, on this device: it never leaves it.
fn event_id(place: Place, event: &Event) -> Result<MessageId, ClientError> {
    let hash = Sha256::new()
        .chain_update(LABEL)
        .chain_update(place.conversation.as_bytes())
        .chain_update(place.sequence.0.to_be_bytes())
        .chain_update(undertone_wire::codec::to_cbor(event)?)
        .finalize();
    Ok(MessageId::from_bytes(hash.into()))
}

pub(super) const fn just(what: Happening) -> Event {
    Event {
        what,
        whom: Vec::new(),
    }
}

/// A conversation of two is begun by opening it: nothing is told of that.
fn is_direct(core: &Core, place: Place) -> Result<bool, ClientError> {
    let known = core.store.conversation(place.conversation)?;
    Ok(known.is_some_and(|known| known.kind == ConversationKind::Direct))
}

fn by_me(me: &Me, place: Place) -> Deed {
    let who = Actor {
        user: me.user,
        device: me.device,
    };
    Deed { place, who }
}

#[cfg(test)]
mod tests;
