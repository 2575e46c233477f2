//! What happened to a conversation, kept as rows of its timeline: written in the transaction of the
//! commit or state message that did it. What a commit may do is decided by the rule in `mls`; here it
//! is only told.

use super::key::MessageKey;
use super::share;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::store::message::{Lifetime, MessageState, RowKind, StoredMessage};
use crate::store::share::Arrival;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use undertone_mls::{CommitApplied, Member};
use undertone_wire::content::{Expiry, HistorySharing};
use undertone_wire::conversation::{Accepted, ConversationKind, LogEntry};
use undertone_wire::group::{GroupProfile, Role};
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
pub(crate) fn joined_here(
    core: &Core,
    me: &Me,
    place: Place,
    by: Option<UserId>,
) -> Result<(), ClientError> {
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

/// The log says that an entry is void. If it is the commit, its author is named, as far as this device
/// knows them: whoever wanted to come by it is nobody here, and the row has an id of zeros.
pub(crate) fn voided(core: &Core, me: &Me, entry: &LogEntry) -> Result<(), ClientError> {
    let (epoch, members) = core.groups.with(entry.conversation, |group, _| {
        Ok((group.epoch(), group.members()?))
    })?;
    // What was sent after the commit is of the epoch that never began.
    if entry.epoch != epoch {
        return Ok(());
    }
    let author = members.iter().find(|member| member.device == entry.sender);
    let who = Actor {
        user: author.map_or(UserId::from_bytes([0; UserId::LEN]), |member| member.user),
        device: entry.sender,
    };
    let place = Place::of(entry);
    write(core, me, Deed { place, who }, just(Happening::Voided))
}

/// A commit that this device had processed is void, with all that followed: own messages are to be sent
/// again, and what happened did not happen.
pub(crate) fn undone(
    core: &Core,
    _me: &Me,
    conversation: ConversationId,
    from: Sequence,
) -> Result<(), ClientError> {
    Ok(core.store.undo_from(conversation, from)?)
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

/// Who came and went with a commit, by person: another device of somebody who is there is no news.
struct People {
    came: BTreeSet<UserId>,
    went: BTreeSet<UserId>,
    now: BTreeSet<UserId>,
}

impl People {
    fn of(applied: &CommitApplied, members: &[Member]) -> Self {
        let is_in = |list: &[Member], device| list.iter().any(|member| member.device == device);
        let mut before: BTreeSet<UserId> = applied.removed.iter().map(|member| member.user).collect();
        let mut now: BTreeSet<UserId> = applied.added.iter().map(|member| member.user).collect();
        for member in members {
            let added = is_in(&applied.added, member.device);
            // The tree of a device that was removed may be the one from before.
            let removed = is_in(&applied.removed, member.device);
            if !added {
                before.insert(member.user);
            }
            if added || !removed {
                now.insert(member.user);
            }
        }
        Self {
            came: now.difference(&before).copied().collect(),
            went: before.difference(&now).copied().collect(),
            now,
        }
    }
}

fn people_events(applied: &CommitApplied, people: &People) -> Vec<(Actor, Event)> {
    let committer = actor(applied.committer);
    let mut told = Vec::new();
    let (joined, added): (Vec<UserId>, Vec<UserId>) = people
        .came
        .iter()
        .partition(|user| applied.external && **user == committer.user);
    if !joined.is_empty() {
        told.push((committer, just(Happening::Joined)));
    }
    let is_banned = |profile: &GroupProfile, user| profile.banned.iter().any(|banned| banned.user == user);
    let mut removed = Vec::new();
    let mut banned = Vec::new();
    for user in &people.went {
        let left = applied.left.iter().find(|member| member.user == *user);
        if let Some(member) = left {
            told.push((actor(*member), just(Happening::Left)));
        } else if is_banned(&applied.after, *user) {
            banned.push(*user);
        } else {
            removed.push(*user);
        }
    }
    let lists = [
        (Happening::Added, added),
        (Happening::Removed, removed),
        (Happening::Banned, banned),
    ];
    for (what, whom) in lists {
        if !whom.is_empty() {
            told.push((committer, Event { what, whom }));
        }
    }
    told
}

fn profile_events(applied: &CommitApplied, people: &People) -> Vec<(Actor, Event)> {
    let (before, after) = (&applied.before, &applied.after);
    let mut told = Vec::new();
    let stayed = people.now.difference(&people.came);
    let changed: Vec<UserId> = stayed
        .filter(|user| before.role(**user) != after.role(**user))
        .copied()
        .collect();
    for role in [Role::Owner, Role::Admin, Role::Member, Role::ReadOnly] {
        let whom: Vec<UserId> = changed
            .iter()
            .filter(|user| after.role(**user) == role)
            .copied()
            .collect();
        if !whom.is_empty() {
            told.push(Event {
                what: Happening::RoleChanged(role),
                whom,
            });
        }
    }
    let unbanned: Vec<UserId> = before
        .banned
        .iter()
        .filter(|banned| !after.banned.contains(banned))
        .map(|banned| banned.user)
        .collect();
    if !unbanned.is_empty() {
        told.push(Event {
            what: Happening::Unbanned,
            whom: unbanned,
        });
    }
    if before.capacity != after.capacity {
        told.push(just(Happening::CapacityChanged(after.capacity)));
    }
    if before.slow_mode_seconds != after.slow_mode_seconds {
        told.push(just(Happening::SlowModeChanged(after.slow_mode_seconds)));
    }
    if before.retention_seconds != after.retention_seconds {
        told.push(just(Happening::RetentionChanged(after.retention_seconds)));
    }
    told.extend(door_events(applied, people));
    if applied.renamed.is_some() {
        told.push(just(Happening::BecameAccount));
    }
    let who = actor(applied.committer);
    told.into_iter().map(|event| (who, event)).collect()
}

/// A kick locks the door and the next link opens it: those two are not told.
fn door_events(applied: &CommitApplied, people: &People) -> Vec<Event> {
    let (Some(before), Some(after)) = (applied.before.room, applied.after.room) else {
        return Vec::new();
    };
    let mut told = Vec::new();
    let rotated = before.rotation != after.rotation;
    if rotated {
        told.push(just(Happening::LinkChanged));
    }
    let by_the_way = if after.locked {
        !people.went.is_empty()
    } else {
        rotated
    };
    if before.locked != after.locked && !by_the_way {
        told.push(just(Happening::LockChanged(after.locked)));
    }
    if before.knock != after.knock {
        told.push(just(Happening::KnockChanged(after.knock)));
    }
    if before.expires_at != after.expires_at {
        told.push(just(Happening::ClosingChanged(after.expires_at)));
    }
    told
}

const fn actor(member: Member) -> Actor {
    Actor {
        user: member.user,
        device: member.device,
    }
}

#[cfg(test)]
mod tests;
