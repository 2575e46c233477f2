//! News from the database to the connected devices. The database is the only truth: the bus carries
//! what was committed, nothing depends on it, and what it loses is fetched (design D4).
//!
//! There is one server so far, so news stays in the process; a bus between servers takes the place of
//! [`LocalBus`] and hands each server's hub the same [`News`].

mod local;

use crate::store::commit::NewMember;
use crate::store::crowd::Crowd;
use bytes::Bytes;
use undertone_wire::{ConversationId, DeviceId};

pub(crate) use local::LocalBus;

/// Something was committed. Frames are encoded once for all who get them.
#[derive(Debug, Clone)]
pub(crate) struct News {
    /// In which conversation.
    pub(crate) conversation: ConversationId,
    /// The new entry, or other news, for all who were members before it.
    pub(crate) entry: Bytes,
    /// What it did to the membership; nothing for a message.
    pub(crate) membership: Option<Membership>,
}

/// What a commit did to the membership.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    /// Who gets the news, too, and follows from now on: the founder, whoever comes by their own commit,
    /// and whoever is a member again.
    pub(crate) before: Vec<DeviceId>,
    /// Who came.
    pub(crate) added: Vec<NewMember>,
    /// The Welcome, for those who came.
    pub(crate) welcome: Option<Bytes>,
    /// Who went; the commit is the last entry that they get.
    pub(crate) removed: Vec<DeviceId>,
    /// How many people there are now.
    pub(crate) crowd: Crowd,
}
