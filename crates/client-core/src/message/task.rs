//! The task that does what is due: ended messages are deleted, earlier ones are shared with newcomers,
//! those who stopped writing are no longer shown. Each has its own module; here is only the waiting.

use super::{reaper, receipt, share, signals};
use crate::conversation::intent;
use crate::core::Core;
use crate::error::ClientError;
use crate::notify::push;
use crate::people::tell;
use futures::FutureExt;
use futures::future::select;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

/// After a failure, and at most between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Starts the task, unless it runs. It goes on until the client is dropped.
pub(crate) fn start(core: &Rc<Core>) {
    if !core.chores.replace(true) {
        core.spawn(run(Rc::clone(core)).boxed_local());
    }
}

async fn run(core: Rc<Core>) {
    // The client's end aborts the task: the loop has no other.
    while core.checkpoints.alive().is_ok() {
        let told = core.signal.count();
        let mut wait = LOOK_EVERY.min(signals::drop_ended(&core));
        for chore in [
            intent::round,
            reaper::round,
            share::round,
            tell::round,
            receipt::round,
        ] {
            wait = wait.min(chore(&core).unwrap_or_else(|error| failed(&error)));
        }
        wait = wait.min(push::round(&core).unwrap_or_else(|error| failed(&error)));
        let changed = core.signal.after(told);
        select(pin!(changed), core.platform.sleep(wait)).await;
    }
}

fn failed(error: &ClientError) -> Duration {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "messages could not be kept in order"
    );
    LOOK_EVERY
}
