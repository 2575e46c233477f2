//! The news of what changed, and nothing more: whoever shows it reads the view again. News that
//! nobody has taken yet are kept once each, so that a slow reader costs no memory.

use futures::Stream;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use undertone_wire::ConversationId;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Who is signed in.
    Session,
    /// Whether the server is reached, and how much waits to be sent.
    Connection,
    /// The list of conversations.
    Conversations,
    /// The messages or notices of one conversation.
    Timeline(ConversationId),
    /// Who is online.
    Presence,
    /// What people tell of themselves, and who is blocked: cards that were read before are old.
    People,
    /// Something may be announced, or the app's sign says something else, or the server knows anew what wakes
    /// this device.
    Notify,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Change>,
    waker: Option<Waker>,
}

/// One reader of the news. Begins with what changes after it was made.
#[derive(Debug)]
pub struct Changes(Rc<RefCell<Queue>>);

impl Stream for Changes {
    type Item = Change;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Change>> {
        let mut queue = self.0.borrow_mut();
        if let Some(change) = queue.waiting.pop_front() {
            return Poll::Ready(Some(change));
        }
        queue.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Where news are told.
#[derive(Debug, Default)]
pub(crate) struct Publisher {
    readers: RefCell<Vec<Weak<RefCell<Queue>>>>,
}

impl Publisher {
    /// A new reader.
    pub(crate) fn subscribe(&self) -> Changes {
        let queue = Rc::new(RefCell::new(Queue::default()));
        self.readers.borrow_mut().push(Rc::downgrade(&queue));
        Changes(queue)
    }

    /// Tells everybody.
    pub(crate) fn publish(&self, change: Change) {
        self.readers.borrow_mut().retain(|reader| {
            let Some(queue) = reader.upgrade() else {
                return false;
            };
            let mut queue = queue.borrow_mut();
            if !queue.waiting.contains(&change) {
                queue.waiting.push_back(change);
            }
            if let Some(waker) = queue.waker.take() {
                waker.wake();
            }
            true
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{FutureExt, StreamExt};

    #[test]
    fn news_that_nobody_took_are_kept_once() {
        let publisher = Publisher::default();
        let mut changes = publisher.subscribe();
        for change in [Change::Conversations, Change::Presence, Change::Conversations] {
            publisher.publish(change);
        }
        assert_eq!(changes.next().now_or_never(), Some(Some(Change::Conversations)));
        assert_eq!(changes.next().now_or_never(), Some(Some(Change::Presence)));
        assert_eq!(changes.next().now_or_never(), None);
        drop(changes);
        publisher.publish(Change::Session);
        assert!(publisher.readers.borrow().is_empty());
    }
}
