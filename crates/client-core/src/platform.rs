//! What the core needs of the machine it runs on: clocks, waiting and tasks. It is not a place for
//! network or storage; those are [`crate::transport`] and the store.

use async_trait::async_trait;
use futures::future::LocalBoxFuture;
use std::time::Duration;
use undertone_wire::Timestamp;

#[cfg(not(target_arch = "wasm32"))]
pub use native::NativePlatform;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub use web::WebPlatform;

/// Clocks, waiting and tasks of one thread: the whole client lives on it.
#[async_trait(?Send)]
pub trait Platform {
    /// The clock on the wall. It may jump; decide nothing about order by it.
    fn now(&self) -> Timestamp;

    /// How many minutes the local clock is ahead of UTC, now; none where nobody says.
    fn utc_offset_minutes(&self) -> i32 {
        0
    }

    /// Milliseconds since some moment of the past; never goes back.
    fn monotonic_ms(&self) -> u64;

    /// Waits. Cancel safe: dropping it ends the wait.
    async fn sleep(&self, duration: Duration);

    /// Runs a task on this thread until it ends. Its owner must be able to tell it to end.
    fn spawn(&self, task: LocalBoxFuture<'static, ()>);
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::{Duration, LocalBoxFuture, Platform, Timestamp, async_trait};
    use std::time::{Instant, SystemTime, UNIX_EPOCH};

    /// A tokio runtime with a `LocalSet`.
    #[derive(Debug, Clone)]
    pub struct NativePlatform {
        started: Instant,
    }

    impl NativePlatform {
        /// The platform of the calling thread.
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that others are given"
        )]
        pub fn new() -> Self {
            Self {
                started: Instant::now(),
            }
        }
    }

    impl Default for NativePlatform {
        fn default() -> Self {
            Self::new()
        }
    }

    #[async_trait(?Send)]
    impl Platform for NativePlatform {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that others are given"
        )]
        fn now(&self) -> Timestamp {
            // A clock before 1970 counts as 1970.
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp::default().plus(since_1970)
        }

        fn monotonic_ms(&self) -> u64 {
            u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
        }

        async fn sleep(&self, duration: Duration) {
            tokio::time::sleep(duration).await;
        }

        fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
            // The handle is not needed: the task ends when its owner tells it to.
            drop(tokio::task::spawn_local(task));
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod web {
    use super::{Duration, LocalBoxFuture, Platform, Timestamp, async_trait};
    use wasm_bindgen::JsCast;
    use web_sys::{Performance, WorkerGlobalScope};

    /// A dedicated worker of a browser.
    #[derive(Debug, Clone)]
    pub struct WebPlatform {
        performance: Option<Performance>,
    }

    impl WebPlatform {
        /// The platform of the worker that runs this.
        pub fn new() -> Self {
            let scope = js_sys::global().dyn_into::<WorkerGlobalScope>().ok();
            Self {
                performance: scope.and_then(|scope| scope.performance()),
            }
        }
    }

    impl Default for WebPlatform {
        fn default() -> Self {
            Self::new()
        }
    }

    #[async_trait(?Send)]
    impl Platform for WebPlatform {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(whole_milliseconds(js_sys::Date::now()))
        }

        fn utc_offset_minutes(&self) -> i32 {
            behind_minutes(js_sys::Date::new_0().get_timezone_offset())
        }

        fn monotonic_ms(&self) -> u64 {
            // Every worker has `performance`; the clock on the wall is the nearest thing without it.
            whole_milliseconds(
                self.performance
                    .as_ref()
                    .map_or_else(js_sys::Date::now, Performance::now),
            )
        }

        async fn sleep(&self, duration: Duration) {
            // A browser counts in i32 milliseconds and fires at once beyond them.
            let longest = Duration::from_millis(u64::from(i32::MAX.unsigned_abs()));
            gloo_timers::future::sleep(duration.min(longest)).await;
        }

        fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
            wasm_bindgen_futures::spawn_local(task);
        }
    }

    /// The browser says how far the local clock is behind UTC.
    #[expect(clippy::cast_possible_truncation, reason = "at most a day in minutes")]
    fn behind_minutes(behind: f64) -> i32 {
        -(behind as i32)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float becomes the nearest u64 it can: negatives 0, the rest far below 2^53"
    )]
    fn whole_milliseconds(milliseconds: f64) -> u64 {
        milliseconds as u64
    }
}
