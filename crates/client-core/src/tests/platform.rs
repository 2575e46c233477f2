//! A platform whose time passes only when nothing else happens.

use crate::platform::{Estimate, NativePlatform, NoEstimate, Platform};
use async_trait::async_trait;
use futures::executor::{LocalPool, LocalSpawner};
use futures::future::LocalBoxFuture;
use futures::task::{LocalSpawnExt, noop_waker};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use undertone_wire::Timestamp;

/// The wall clock begins here.
const BEGINNING_MS: u64 = 1_763_724_000_000;
/// A story that needs longer waits for something that never comes.
const LONGEST: Duration = Duration::from_hours(1);

/// Time and tasks of one story.
pub(super) struct VirtualPlatform {
    now_ms: Cell<u64>,
    timers: RefCell<BTreeMap<(u64, u64), Option<Waker>>>,
    timer_count: Cell<u64>,
    spawner: LocalSpawner,
}

impl VirtualPlatform {
    pub(super) fn new(pool: &LocalPool) -> Rc<Self> {
        Rc::new(Self {
            now_ms: Cell::new(0),
            timers: RefCell::default(),
            timer_count: Cell::new(0),
            spawner: pool.spawner(),
        })
    }

    fn advance(&self) -> bool {
        let next = self.timers.borrow_mut().pop_first();
        let Some(((at, _), waker)) = next else {
            return false;
        };
        self.now_ms.set(self.now_ms.get().max(at));
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }
}

/// Runs a future, and all tasks, to its end.
pub(super) fn run<T>(pool: &mut LocalPool, platform: &VirtualPlatform, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let waker = noop_waker();
    let mut context = Context::from_waker(&waker);
    let end = platform.now_ms.get() + u64::try_from(LONGEST.as_millis()).unwrap();
    loop {
        if let Poll::Ready(value) = work.as_mut().poll(&mut context) {
            return value;
        }
        pool.run_until_stalled();
        if let Poll::Ready(value) = work.as_mut().poll(&mut context) {
            return value;
        }
        pool.run_until_stalled();
        assert!(platform.advance(), "the story waits and nothing more can happen");
        assert!(platform.now_ms.get() < end, "the story takes too long");
    }
}

#[async_trait(?Send)]
impl Platform for VirtualPlatform {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(BEGINNING_MS + self.now_ms.get())
    }

    fn monotonic_ms(&self) -> u64 {
        self.now_ms.get()
    }

    async fn sleep(&self, duration: Duration) {
        let number = self.timer_count.get();
        self.timer_count.set(number + 1);
        let at = self
            .now_ms
            .get()
            .saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        self.timers.borrow_mut().insert((at, number), None);
        Sleep {
            platform: self,
            key: (at, number),
        }
        .await;
    }

    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        self.spawner.spawn_local(task).unwrap();
    }

    async fn estimate(&self, password: &str, known: &[&str]) -> Result<Estimate, NoEstimate> {
        NativePlatform::new().estimate(password, known).await
    }
}

/// The same time on a device whose clock on the wall may be wrong.
pub(super) struct DevicePlatform {
    pub(super) story: Rc<VirtualPlatform>,
    /// What the clock on the wall is ahead.
    pub(super) ahead_ms: Cell<i64>,
}

impl DevicePlatform {
    /// The right time, in milliseconds.
    pub(super) fn story_now(&self) -> u64 {
        self.story.now().as_millis()
    }
}

#[async_trait(?Send)]
impl Platform for DevicePlatform {
    fn now(&self) -> Timestamp {
        let right = self.story.now().as_millis();
        Timestamp::from_millis(right.saturating_add_signed(self.ahead_ms.get()))
    }

    fn monotonic_ms(&self) -> u64 {
        self.story.monotonic_ms()
    }

    async fn sleep(&self, duration: Duration) {
        self.story.sleep(duration).await;
    }

    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        self.story.spawn(task);
    }

    async fn estimate(&self, password: &str, known: &[&str]) -> Result<Estimate, NoEstimate> {
        self.story.estimate(password, known).await
    }
}

struct Sleep<'a> {
    platform: &'a VirtualPlatform,
    key: (u64, u64),
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.platform.timers.borrow_mut().get_mut(&self.key) {
            Some(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.platform.timers.borrow_mut().remove(&self.key);
    }
}
