//! Acknowledgements, gathered: a device that reads a busy conversation acknowledges often, and only
//! the last one counts. They are not answered; one that is lost is repeated by the next.

use crate::checkpoint::Checkpoints;
use crate::store::Store;
use crate::store::conversation::DeviceAcknowledge;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;
use undertone_wire::stream::Acknowledge;
use undertone_wire::{ConversationId, DeviceId, Sequence};

/// Acknowledgements that may wait. Beyond, new ones are dropped: the next ones cover them.
const WAITING_MAX: usize = 100_000;

/// By conversation and device: the highest sequence.
type Waiting = BTreeMap<(ConversationId, DeviceId), Sequence>;

#[derive(Default)]
struct Shared {
    cursors: Mutex<Waiting>,
    welcomes: Mutex<Waiting>,
    more: Notify,
}

/// The way in. The work behind it ends when the last handle is dropped.
#[derive(Clone)]
pub(super) struct Acknowledger {
    shared: Arc<Shared>,
    _running: Arc<Running>,
}

/// Ends the task with the last handle.
struct Running(tokio::task::AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Acknowledger {
    pub(super) fn start(store: Store, checkpoints: Checkpoints) -> Self {
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(run(Arc::clone(&shared), store, checkpoints));
        Self {
            shared,
            _running: Arc::new(Running(task.abort_handle())),
        }
    }

    /// The device has stored everything up to there.
    pub(super) fn cursor(&self, device: DeviceId, up_to: Acknowledge) {
        note(&self.shared.cursors, device, up_to);
        self.shared.more.notify_one();
    }

    /// The device has stored the Welcome up to there.
    pub(super) fn welcome(&self, device: DeviceId, up_to: Acknowledge) {
        note(&self.shared.welcomes, device, up_to);
        self.shared.more.notify_one();
    }
}

fn note(waiting: &Mutex<Waiting>, device: DeviceId, up_to: Acknowledge) {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (up_to.conversation, device);
    if waiting.len() < WAITING_MAX || waiting.contains_key(&key) {
        let highest = waiting.entry(key).or_default();
        *highest = up_to.sequence.max(*highest);
    }
}

fn take(waiting: &Mutex<Waiting>) -> Vec<DeviceAcknowledge> {
    let taken = std::mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner));
    taken
        .into_iter()
        .map(|((conversation, device), sequence)| DeviceAcknowledge {
            device,
            up_to: Acknowledge {
                conversation,
                sequence,
            },
        })
        .collect()
}

async fn run(shared: Arc<Shared>, store: Store, checkpoints: Checkpoints) {
    loop {
        shared.more.notified().await;
        let (cursors, welcomes) = (take(&shared.cursors), take(&shared.welcomes));
        checkpoints.reach("server.ack.before_delete").await;
        let mut failed = None;
        if !cursors.is_empty() {
            failed = store.acknowledge(cursors).await.err();
        }
        if !welcomes.is_empty() {
            failed = store.acknowledge_welcomes(welcomes).await.err().or(failed);
        }
        if let Some(error) = failed {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "acknowledgements were not stored"
            );
        }
        checkpoints.reach("server.ack.after_delete").await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_highest_counts() {
        let waiting = Mutex::new(Waiting::new());
        let (conversation, device) = (ConversationId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
        for sequence in [3, 7, 5] {
            note(
                &waiting,
                device,
                Acknowledge {
                    conversation,
                    sequence: Sequence(sequence),
                },
            );
        }
        let taken = take(&waiting);
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].up_to.sequence, Sequence(7));
        assert!(take(&waiting).is_empty());
    }
}
