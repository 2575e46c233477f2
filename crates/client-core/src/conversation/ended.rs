//! Guests whose time is over: the server has forgotten them, and their leaves stand in the tree until a
//! member removes them. Devices of admins and owners do, each a while later than the others. It is the
//! server's word that somebody has ended; so it counts for guests alone, and for nobody who has a say.

use super::action::{self, Action};
use crate::core::Core;
use crate::error::ClientError;
use crate::store::conversation::{Conversation, ConversationState};
use rand::Rng;
use rand::rngs::OsRng;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::Role;
use undertone_wire::guest::UserKind;
use undertone_wire::{DeviceId, UserId};

/// Between two looks, as long as the connection stands.
const EVERY: Duration = Duration::from_hours(1);
/// Longest wait before a look, in milliseconds: whoever looks first does it for all.
const LONGEST_MS: u64 = 5_000;

/// Looks for leaves that are nobody's any more, in a task of its own, unless that was just done.
pub(crate) fn look(core: &Rc<Core>, is_new_connection: bool) {
    let now = core.platform.monotonic_ms();
    if !is_new_connection && now < core.ended_at_ms.get() {
        return;
    }
    let every = u64::try_from(EVERY.as_millis()).unwrap_or(u64::MAX);
    core.ended_at_ms.set(now.saturating_add(every));
    let task = Rc::clone(core);
    // The next connection looks again.
    core.attempt("not known whose time is over", async move {
        look_at_each(&task).await
    });
}

async fn look_at_each(core: &Core) -> Result<(), ClientError> {
    let known = core.store.conversations()?;
    let rooms = known
        .iter()
        .filter(|known| known.kind == ConversationKind::Room && known.state == ConversationState::Active);
    for room in rooms {
        if guests(core, room)?.is_empty() {
            continue;
        }
        let wait = OsRng.gen_range(0..=LONGEST_MS);
        core.platform.sleep(Duration::from_millis(wait)).await;
        let ended = core
            .account
            .authorized(async |token| core.api.ended(token, room.id).await)
            .await?;
        put_out(core, room, &ended.devices.into_iter().collect())?;
    }
    Ok(())
}

/// The guests whom this device may put out.
fn guests(core: &Core, room: &Conversation) -> Result<Vec<(UserId, DeviceId)>, ClientError> {
    let me = core.me()?;
    let Some(profile) = &room.profile else {
        return Ok(Vec::new());
    };
    if profile.role(me.user) < Role::Admin {
        return Ok(Vec::new());
    }
    let certificates = core.groups.with(room.id, |group, _| group.certificates())?;
    let guests = certificates.into_iter().filter(|leaf| {
        leaf.kind == UserKind::Guest && leaf.user != me.user && profile.role(leaf.user) < Role::Admin
    });
    Ok(guests.map(|leaf| (leaf.user, leaf.device)).collect())
}

fn put_out(core: &Core, room: &Conversation, ended: &BTreeSet<DeviceId>) -> Result<(), ClientError> {
    let Some(room) = core.store.conversation(room.id)? else {
        return Ok(());
    };
    if room.state != ConversationState::Active {
        return Ok(());
    }
    let gone = guests(core, &room)?.into_iter();
    let gone: Vec<_> = gone.filter(|(_, device)| ended.contains(device)).collect();
    if gone.is_empty() {
        return Ok(());
    }
    core.transaction(|| {
        for (user, _) in gone {
            // They are nobody any more: the link is as good as before.
            let remove = Action::Remove {
                user,
                ban: false,
                close: false,
            };
            if !action::is_wanted(core, room.id, |queued| *queued == remove)? {
                action::enqueue(core, room.id, &remove, action::NOW)?;
            }
        }
        Ok(())
    })?;
    core.signal.notify();
    Ok(())
}
