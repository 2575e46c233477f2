//! Fresh keys for this device in a conversation: a commit without proposals (post-compromise security).
//! Sending it, and merging it when its echo comes, is the business of `sync`.

use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::history;
use crate::store::conversation::{ConversationState, OwnCommit};
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::CommitBundle;
use undertone_wire::{ConversationId, codec};

/// Makes the commit and stores it to be sent. One that is under way is enough.
pub(crate) async fn refresh_keys(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    let me = core.me()?;
    // A message under way has the counter that the commit would get.
    core.until(|| nothing_under_way(core, id)).await?;
    if core.store.own_commit(id)?.is_none() {
        commit(core, &me, id)?;
        core.publish(Change::Connection);
    }
    Ok(())
}

fn nothing_under_way(core: &Core, id: ConversationId) -> Result<Option<()>, ClientError> {
    let first = core.store.first_outgoing(id)?;
    Ok(first.is_none_or(|first| first.attempt.is_none()).then_some(()))
}

/// Makes the commit while nothing is under way.
pub(crate) fn commit(core: &Core, me: &Me, id: ConversationId) -> Result<(), ClientError> {
    let conversation = core
        .store
        .conversation(id)?
        .ok_or(ClientError::UnknownConversation)?;
    if conversation.state != ConversationState::Active {
        return Err(ClientError::ConversationBlocked);
    }
    let seen = SeenEntry {
        sequence: conversation.sequence,
        running_hash: conversation.running_hash.into(),
    };
    let counter = conversation.own_counter.next();
    core.transaction(|| {
        let (epoch, pending) = core.groups.with(id, |group, provider| {
            Ok((group.epoch(), group.self_update(provider, &me.mls, &seen)?))
        })?;
        let payload_hash = history::hash_of(&pending.commit);
        let bundle = CommitBundle {
            counter,
            commit: pending.commit.into(),
            group_info: pending.group_info.into(),
            welcome: pending.welcome.map(Into::into),
        };
        let bundle = codec::to_cbor(&bundle)?;
        Ok(core.store.save_own_commit(
            id,
            &OwnCommit {
                epoch,
                counter,
                payload_hash,
                bundle,
            },
        )?)
    })
}
