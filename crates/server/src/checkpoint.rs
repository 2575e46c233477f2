//! Named points between persist, publish and acknowledge at which a test may kill the server. In
//! normal builds a point does nothing and costs nothing.

use std::fmt;
#[cfg(feature = "testing")]
use std::sync::Arc;
#[cfg(feature = "testing")]
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(feature = "testing")]
use tokio::sync::Notify;

/// The points of one server. Cloning gives another handle to the same ones.
#[derive(Clone, Default)]
pub struct Checkpoints {
    #[cfg(feature = "testing")]
    hook: Option<Arc<Hook>>,
}

#[cfg(feature = "testing")]
struct Hook {
    kill_at: Box<dyn Fn(&'static str) -> bool + Send + Sync>,
    killed: AtomicBool,
    notify: Notify,
}

impl fmt::Debug for Checkpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Checkpoints")
    }
}

#[cfg(feature = "testing")]
impl Checkpoints {
    /// Asks `kill_at` at every point. When it answers true, the server acts as killed: neither this
    /// nor any later point ever returns.
    pub fn killing_at(kill_at: impl Fn(&'static str) -> bool + Send + Sync + 'static) -> Self {
        let hook = Hook {
            kill_at: Box::new(kill_at),
            killed: AtomicBool::new(false),
            notify: Notify::new(),
        };
        Self {
            hook: Some(Arc::new(hook)),
        }
    }

    /// Resolves when a point has killed the server: its runtime is to be dropped then.
    ///
    /// Cancel safe because it only waits.
    pub async fn killed(&self) {
        let Some(hook) = &self.hook else {
            return std::future::pending().await;
        };
        let notified = hook.notify.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        if !hook.killed.load(Ordering::SeqCst) {
            notified.await;
        }
    }
}

impl Checkpoints {
    /// The server is at `point`.
    #[cfg(feature = "testing")]
    pub(crate) async fn reach(&self, point: &'static str) {
        let Some(hook) = &self.hook else { return };
        if hook.killed.load(Ordering::SeqCst) || (hook.kill_at)(point) {
            hook.killed.store(true, Ordering::SeqCst);
            hook.notify.notify_waiters();
            std::future::pending::<()>().await;
        }
    }

    /// The server is at `point`.
    #[cfg(not(feature = "testing"))]
    #[expect(clippy::unused_async, reason = "it waits only in builds for tests")]
    pub(crate) async fn reach(&self, _point: &'static str) {}
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn a_killed_server_stands_still() {
        let checkpoints = Checkpoints::killing_at(|point| point == "second");
        checkpoints.reach("first").await;
        assert!(checkpoints.killed().now_or_never().is_none());
        assert!(checkpoints.reach("second").now_or_never().is_none());
        assert!(checkpoints.reach("first").now_or_never().is_none());
        checkpoints.killed().await;
    }
}
