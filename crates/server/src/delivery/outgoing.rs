//! The queue of one connection: bounded in frames and in bytes, so that a slow client costs little
//! until it is dropped. What all queues hold together is bounded by [`super::budget`].

use super::budget::{Budget, Place};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Frames that may wait for a client.
const FRAMES_MAX: usize = 1024;
/// Bytes that may wait for a client.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// The client is too slow: its queue is full, or gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slow;

/// The end into which frames go.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    frames: mpsc::Sender<Bytes>,
    waiting_bytes: Arc<AtomicUsize>,
    budget: Budget,
}

/// The end from which the connection takes them.
#[derive(Debug)]
pub(crate) struct Receiver {
    frames: mpsc::Receiver<Bytes>,
    waiting_bytes: Arc<AtomicUsize>,
    _place: Place,
}

/// Both ends of a new queue.
pub(super) fn queue(budget: &Budget) -> (Sender, Receiver) {
    let (sender, receiver) = mpsc::channel(FRAMES_MAX);
    let waiting_bytes = Arc::new(AtomicUsize::new(0));
    (
        Sender {
            frames: sender,
            waiting_bytes: Arc::clone(&waiting_bytes),
            budget: budget.clone(),
        },
        Receiver {
            frames: receiver,
            waiting_bytes,
            _place: budget.place(),
        },
    )
}

impl Sender {
    /// Puts a frame into the queue, if there is room.
    pub(super) fn push(&self, frame: Bytes) -> Result<(), Slow> {
        let length = frame.len();
        let before = self.waiting_bytes.fetch_add(length, Ordering::Relaxed);
        let allowance = self.budget.allowance().min(BYTES_MAX);
        // An empty queue takes any frame: nobody is slow who has taken everything.
        if before > 0 && before.saturating_add(length) > allowance {
            return Err(self.refuse(length));
        }
        self.frames.try_send(frame).map_err(|_| self.refuse(length))
    }

    /// What is not put in does not wait.
    fn refuse(&self, length: usize) -> Slow {
        self.waiting_bytes.fetch_sub(length, Ordering::Relaxed);
        Slow
    }

    /// Puts a frame into the queue that nobody misses, unless the client is slow already.
    pub(super) fn offer(&self, frame: Bytes) {
        let is_slow = self.frames.capacity() < FRAMES_MAX / 2
            || self.waiting_bytes.load(Ordering::Relaxed) > BYTES_MAX / 2;
        if !is_slow && self.push(frame).is_err() {
            tracing::trace!("a frame that may be missed was dropped");
        }
    }
}

impl Receiver {
    /// The next frame; nothing more when the connection was dropped from the hub.
    ///
    /// Cancel safe because a frame is taken only when it is returned.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        let frame = self.frames.recv().await?;
        Some(self.taken(frame))
    }

    /// The next frame, if one waits.
    pub(crate) fn waiting(&mut self) -> Option<Bytes> {
        let frame = self.frames.try_recv().ok()?;
        Some(self.taken(frame))
    }

    fn taken(&self, frame: Bytes) -> Bytes {
        self.waiting_bytes.fetch_sub(frame.len(), Ordering::Relaxed);
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_missed_is_dropped_first() {
        let (sender, mut receiver) = queue(&Budget::default());
        for _ in 0..FRAMES_MAX {
            sender.offer(Bytes::from_static(b"typing"));
        }
        sender.push(Bytes::from_static(b"entry")).unwrap();
        let waiting: Vec<_> = std::iter::from_fn(|| receiver.waiting()).collect();
        assert!(waiting.len() < FRAMES_MAX / 2 + 3, "{}", waiting.len());
        assert_eq!(waiting.last().unwrap(), &b"entry"[..]);
    }

    #[test]
    fn what_was_refused_does_not_wait() {
        let (sender, mut receiver) = queue(&Budget::default());
        let most = Bytes::from(vec![0; BYTES_MAX / 2]);
        sender.push(most).unwrap();
        for _ in 0..10 {
            sender.offer(Bytes::from(vec![0; BYTES_MAX]));
        }
        assert!(receiver.waiting().is_some() && receiver.waiting().is_none());
        assert_eq!(sender.waiting_bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn the_queue_is_bounded_in_frames_and_in_bytes() {
        let (sender, mut receiver) = queue(&Budget::default());
        for _ in 0..FRAMES_MAX {
            sender.push(Bytes::from_static(b"x")).unwrap();
        }
        assert_eq!(sender.push(Bytes::from_static(b"x")), Err(Slow));
        assert!(receiver.waiting().is_some());

        let (sender, mut receiver) = queue(&Budget::default());
        let half = Bytes::from(vec![0; BYTES_MAX / 2]);
        sender.push(half.clone()).unwrap();
        sender.push(half.clone()).unwrap();
        assert!(receiver.waiting().is_some());
        sender.push(half).unwrap();
        assert_eq!(sender.push(Bytes::from_static(b"x")), Err(Slow));
    }
}
