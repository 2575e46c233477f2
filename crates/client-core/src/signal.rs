//! A signal between tasks of one thread: somebody says that something changed, everybody who waits
//! looks again. It carries no value and counts nothing.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    wakers: RefCell<Vec<Waker>>,
    told: Cell<u64>,
}

impl Signal {
    /// Has everybody who waits look again.
    pub(crate) fn notify(&self) {
        self.told.set(self.told.get().wrapping_add(1));
        for waker in self.wakers.take() {
            waker.wake();
        }
    }

    /// Waits until `look` finds something. It looks at once, and again after every [`Self::notify`].
    /// Cancel safe: it keeps nothing but a waker.
    pub(crate) async fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        poll_fn(|context| {
            if let Some(found) = look() {
                return Poll::Ready(found);
            }
            let mut wakers = self.wakers.borrow_mut();
            if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                wakers.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    /// How often [`Self::notify`] was called: to be given to [`Self::after`].
    pub(crate) fn count(&self) -> u64 {
        self.told.get()
    }

    /// Waits until [`Self::notify`] was called more often than so.
    pub(crate) async fn after(&self, count: u64) {
        self.until(|| (self.told.get() != count).then_some(())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn whoever_waits_looks_again_when_told() {
        let signal = Signal::default();
        let told = signal.count();
        assert!(signal.after(told).now_or_never().is_none());
        signal.notify();
        assert!(signal.after(told).now_or_never().is_some());
        assert_eq!(signal.until(|| Some(3)).now_or_never(), Some(3));
    }
}
