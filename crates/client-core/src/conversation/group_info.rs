//! The `GroupInfo` by which others come in from outside: the server asks for another one when nobody can
//! join by the one that it has. The first that arrives counts, so everybody waits a little, each another
//! time.

use crate::core::Core;
use crate::error::ClientError;
use crate::store::conversation::ConversationState;
use rand::Rng;
use rand::rngs::OsRng;
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::ConversationId;
use undertone_wire::group::ReplaceGroupInfoRequest;

/// Longest wait.
const LONGEST_MS: u64 = 1_000;

/// Uploads a `GroupInfo` of the current epoch, in a task of its own.
pub(crate) fn replace(core: &Rc<Core>, id: ConversationId) {
    let task = Rc::clone(core);
    // Another was first, or asks again.
    core.attempt("a GroupInfo was not replaced", async move {
        let wait = OsRng.gen_range(0..=LONGEST_MS);
        task.platform.sleep(Duration::from_millis(wait)).await;
        upload(&task, id).await
    });
}

async fn upload(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    let me = core.me()?;
    let known = core.store.conversation(id)?;
    if !known.is_some_and(|known| known.state == ConversationState::Active) {
        return Ok(());
    }
    let group_info = core
        .groups
        .with(id, |group, provider| group.export_group_info(provider, &me.mls))?;
    let request = ReplaceGroupInfoRequest {
        group_info: group_info.into(),
    };
    core.account
        .authorized(async |token| core.api.replace_group_info(token, id, &request).await)
        .await?;
    Ok(())
}
