//! Forgetting: the server keeps undelivered mail, and that only for a time (design D5).

use crate::clock::Clock;
use crate::store::Store;
use crate::store::conversation::Swept;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

/// Often enough that what was deleted does not stay readable in the database's own log.
const EVERY: Duration = Duration::from_mins(1);

/// Sweeps until `shutdown` becomes true or is dropped.
pub async fn run(store: Store, clock: Arc<dyn Clock>, mut shutdown: watch::Receiver<bool>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let stops = tokio::select! {
            _ = ticks.tick() => false,
            _ = shutdown.wait_for(|stops| *stops) => true,
        };
        if stops {
            return;
        }
        sweep(&store, clock.as_ref()).await;
    }
}

async fn sweep(store: &Store, clock: &dyn Clock) {
    match store.sweep(clock.now()).await {
        Ok(swept) if swept != Swept::default() => tracing::info!(
            sweep.entries = swept.entries,
            sweep.welcomes = swept.welcomes,
            sweep.key_packages = swept.key_packages,
            "what was past its retention is deleted"
        ),
        Ok(_) => {}
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "what is past its retention could not be deleted"
            );
        }
    }
    if let Err(error) = store.truncate_log().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the database's log could not be emptied"
        );
    }
}
