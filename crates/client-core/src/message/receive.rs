//! What becomes of a message that arrived, by what it says: a text is kept, a state is agreed on, a
//! secret goes to its room, and earlier messages to who came since. Part of the entry's transaction.

use super::event::{Actor, Deed, Place};
use super::key::MessageKey;
use super::verify::{self, Knowledge, Verified};
use super::{clock, receipt, share, state, talk};
use crate::conversation::room_secret;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::file;
use crate::notify::{self, Come};
use crate::people::{profile, request};
use crate::store::conversation::Conversation;
use crate::store::history::NoticeKind;
use crate::store::message::{Lifetime, Marks, MessageState, RowKind, StoredMessage};
use crate::store::talk::Evidence;
use std::time::Duration;
use undertone_mls::Decrypted;
use undertone_wire::content::{Content, Expiry, Part};
use undertone_wire::conversation::LogEntry;
use undertone_wire::limits::EXPIRY_SECONDS_MIN;
use undertone_wire::{Timestamp, UserId, codec};

/// An entry of a log that holds a message.
pub(crate) struct Arrival<'a> {
    pub(crate) core: &'a Core,
    pub(crate) me: &'a Me,
    pub(crate) conversation: &'a Conversation,
    pub(crate) entry: &'a LogEntry,
}

/// Another device's message was opened: what it says is done, if it may be; gives what is strange.
pub(crate) fn message(
    arrival: &Arrival<'_>,
    decrypted: &Decrypted,
) -> Result<Option<NoticeKind>, ClientError> {
    let Arrival {
        core,
        conversation,
        entry,
        ..
    } = *arrival;
    let verified = match verify::verify(entry, decrypted) {
        Ok(verified) => verified,
        Err(refusal) => return Ok(Some(refusal.notice())),
    };
    let authenticator = core
        .groups
        .with(conversation.id, |group, _| Ok(group.epoch_authenticator()))?;
    let known = Knowledge {
        epoch_authenticator: &authenticator,
        hash_at_seen: core.store.running_hash(conversation.id, verified.seen.sequence)?,
        last_counter: core.store.peer_counter(conversation.id, entry.sender)?,
    };
    let notice = verify::suspect(entry, &verified, &known);
    Ok(said(arrival, verified)?.or(notice))
}

/// An own message came back: it is sent. What is no text counts from now on, and its row goes.
pub(crate) fn own_echo(arrival: &Arrival<'_>, row: &StoredMessage) -> Result<(), ClientError> {
    let Arrival { core, entry, .. } = *arrival;
    core.store.mark_echoed(row.row, entry)?;
    core.store.delete_outgoing(row.row)?;
    if row.kind != RowKind::Hidden {
        return Ok(());
    }
    // What it said before it was in the log counts no longer: now it counts as what is there.
    let about = core.store.target_of_part(row.row)?;
    core.store.delete_message(row.row)?;
    core.reaper.deleted();
    if let Some(target) = about {
        talk::settle(core, target)?;
    }
    if row.content.is_empty() {
        return Ok(());
    }
    let content: Content = codec::from_cbor(&row.content)?;
    match &content.part {
        Part::State(state) => state::apply(core, arrival.me, deed(arrival, row.sender), state),
        Part::Receipt(receipt) => receipt::received(arrival, row.sender, *receipt),
        // It counted when the user said it.
        Part::Profile(_) => Ok(()),
        _ => {
            let evidence = Evidence {
                message: row.message,
                content: row.content.clone(),
                franking_mac: entry.franking_mac.0.clone(),
            };
            talk::heard(word(arrival, row.sender, (&content, evidence)))
        }
    }
}

fn said(arrival: &Arrival<'_>, verified: Verified) -> Result<Option<NoticeKind>, ClientError> {
    let core = arrival.core;
    let sender = verified.sender;
    let part = &verified.content.part;
    if request::is_unheard(core, arrival.me, arrival.conversation.id, (sender, part))? {
        return Ok(None);
    }
    match part {
        Part::Text(_) | Part::Files(_) => {
            core.signals.stopped(arrival.entry.conversation, sender);
            if verified.content.replaces.is_some() {
                return about_message(arrival, verified);
            }
            keep(arrival, verified)
        }
        Part::Deleted | Part::Reaction(_) | Part::Pin(_) => about_message(arrival, verified),
        Part::Receipt(receipt) => {
            receipt::received(arrival, sender, *receipt)?;
            Ok(None)
        }
        Part::State(state) => {
            state::apply(core, arrival.me, deed(arrival, sender), state)?;
            Ok(None)
        }
        Part::RoomSecret(secret) => {
            room_secret::received(core, arrival.conversation, sender, secret)?;
            Ok(None)
        }
        Part::History(history) => {
            share::received(arrival, sender, history)?;
            Ok(None)
        }
        Part::Profile(told) => {
            profile::received(core, sender, told, arrival.entry.sent_at)?;
            Ok(None)
        }
    }
}

/// Something was said about a message.
fn about_message(arrival: &Arrival<'_>, verified: Verified) -> Result<Option<NoticeKind>, ClientError> {
    let evidence = Evidence {
        message: verified.message,
        content: verified.bytes,
        franking_mac: arrival.entry.franking_mac.0.clone(),
    };
    talk::heard(word(arrival, verified.sender, (&verified.content, evidence)))?;
    Ok(None)
}

fn word<'a>(
    arrival: &Arrival<'a>,
    user: UserId,
    (content, evidence): (&'a Content, Evidence),
) -> talk::Word<'a> {
    talk::Word {
        core: arrival.core,
        conversation: arrival.conversation,
        place: Place::of(arrival.entry),
        user,
        own: arrival.entry.sender == arrival.me.device,
        content,
        evidence,
    }
}

fn deed(arrival: &Arrival<'_>, user: UserId) -> Deed {
    Deed {
        place: Place::of(arrival.entry),
        who: Actor {
            user,
            device: arrival.entry.sender,
        },
    }
}

/// Keeps a message, unless it is kept already or has ended on its way.
fn keep(arrival: &Arrival<'_>, verified: Verified) -> Result<Option<NoticeKind>, ClientError> {
    let Arrival { core, entry, .. } = *arrival;
    match core.store.message_sender(entry.conversation, verified.message)? {
        Some(device) if device == entry.sender => {
            core.store
                .place_again(entry.conversation, verified.message, entry)?;
            return Ok(None);
        }
        // Somebody else's message, sent again in another name.
        Some(_) => return Ok(Some(NoticeKind::HistoryMismatch)),
        None => {}
    }
    let own = verified.sender == arrival.me.user;
    let content = &verified.content;
    let lifetime = lifetime(content.expires, entry.sent_at, own);
    if lifetime.expires_at.is_some_and(|at| at <= clock::trusted(core)) {
        return Ok(None);
    }
    let row = StoredMessage {
        row: 0,
        key: MessageKey::of_received(entry.conversation, verified.message),
        conversation: entry.conversation,
        message: verified.message,
        sequence: Some(entry.sequence),
        sender: verified.sender,
        sender_device: entry.sender,
        own,
        state: MessageState::Sent,
        sent_at: entry.sent_at,
        text: talk::words(&content.part).to_owned(),
        franking_mac: entry.franking_mac.0.clone(),
        payload_hash: None,
        lifetime,
        kind: RowKind::Message,
        marks: Marks {
            reply_to: content.in_reply_to,
            forwarded: content.forwarded,
            ..Marks::default()
        },
        content: verified.bytes,
    };
    match core.store.add_message(&row) {
        Ok(stored) => {
            if let Part::Files(attachment) = &content.part {
                file::received(core, stored, attachment)?;
            }
            if own {
                return Ok(None);
            }
            let come = Come {
                row: stored,
                sender: row.sender,
                text: &row.text,
            };
            notify::arrived(core, arrival.me, arrival.conversation, &come)?;
            Ok(None)
        }
        // It would be refused for ever: one entry must not hold up the others.
        Err(error) if error.is_conflict() => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a message cannot be stored"
            );
            Ok(Some(NoticeKind::HistoryMismatch))
        }
        Err(error) => Err(error.into()),
    }
}

/// How long a message stays that was sent then. The user's own are read when they are written.
pub(super) fn lifetime(expiry: Option<Expiry>, sent_at: Timestamp, own: bool) -> Lifetime {
    let at_least = |seconds: u32| seconds.max(EXPIRY_SECONDS_MIN);
    let expiry = expiry.map(|expiry| match expiry {
        Expiry::AfterSent(seconds) => Expiry::AfterSent(at_least(seconds)),
        Expiry::AfterRead(seconds) => Expiry::AfterRead(at_least(seconds)),
    });
    let ends = |seconds: u32| sent_at.plus(Duration::from_secs(u64::from(seconds)));
    let expires_at = match expiry {
        Some(Expiry::AfterSent(seconds)) => Some(ends(seconds)),
        Some(Expiry::AfterRead(seconds)) if own => Some(ends(seconds)),
        Some(Expiry::AfterRead(_)) | None => None,
    };
    Lifetime { expiry, expires_at }
}
