//! What the frames that wait for all clients may take of memory together. A frame counts once, however many
//! wait for it, until the last has it. Beyond the limit each queue is left with its share of it, so that those
//! who are slow are dropped, and those who keep up notice nothing.

use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of all frames that may wait.
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// A handle to the account. Cloning gives another handle to the same one.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limit: usize,
    waiting: AtomicUsize,
    queues: AtomicUsize,
}

/// A queue's place in the account; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place(Arc<Account>);

/// A frame that is counted until the last who holds it lets go.
struct Counted {
    frame: Bytes,
    account: Arc<Account>,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(BYTES_MAX)
    }
}

impl Budget {
    /// With a limit of so many bytes.
    pub(super) fn of(limit: usize) -> Self {
        Self(Arc::new(Account {
            limit,
            waiting: AtomicUsize::new(0),
            queues: AtomicUsize::new(0),
        }))
    }

    /// The same frame, counted from now on.
    pub(super) fn count(&self, frame: Bytes) -> Bytes {
        self.0.waiting.fetch_add(frame.len(), Ordering::Relaxed);
        Bytes::from_owner(Counted {
            frame,
            account: Arc::clone(&self.0),
        })
    }

    /// A place for one more queue.
    pub(super) fn place(&self) -> Place {
        self.0.queues.fetch_add(1, Ordering::Relaxed);
        Place(Arc::clone(&self.0))
    }

    /// Bytes that one queue may hold now.
    pub(super) fn allowance(&self) -> usize {
        if self.waiting() <= self.0.limit {
            return usize::MAX;
        }
        self.0.limit / self.0.queues.load(Ordering::Relaxed).max(1)
    }

    /// Bytes of all frames that wait.
    pub(super) fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.queues.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.frame
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.account
            .waiting
            .fetch_sub(self.frame.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_counts_once_until_the_last_has_it() {
        let budget = Budget::of(100);
        let frame = budget.count(Bytes::from_static(b"twelve bytes"));
        let others = [frame.clone(), frame.clone()];
        assert_eq!((budget.waiting(), &frame[..]), (12, &b"twelve bytes"[..]));
        drop(frame);
        assert_eq!(budget.waiting(), 12);
        drop(others);
        assert_eq!(budget.waiting(), 0);
    }

    #[test]
    fn beyond_the_limit_each_queue_has_its_share() {
        let budget = Budget::of(100);
        let places = [budget.place(), budget.place()];
        assert_eq!(budget.allowance(), usize::MAX);
        let frame = budget.count(Bytes::from(vec![0; 101]));
        assert_eq!(budget.allowance(), 50);
        drop(places);
        assert_eq!(budget.allowance(), 100);
        drop(frame);
        assert_eq!(budget.allowance(), usize::MAX);
    }
}
