//! What the core needs of the machine it runs on: clocks, waiting, tasks, and the estimate of a password,
//! which a browser loads apart. It is not a place for network or storage; those are [`crate::transport`]
//! and the store.

use async_trait::async_trait;
use futures::future::LocalBoxFuture;
use std::time::Duration;
use undertone_wire::Timestamp;

#[cfg(not(target_arch = "wasm32"))]
pub use native::NativePlatform;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub use web::WebPlatform;
#[cfg(not(target_arch = "wasm32"))]
pub use zone::Zone;

#[cfg(not(target_arch = "wasm32"))]
mod zone;

/// How hard a password is to guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// From 0, guessed at once, to 4, beyond guessing.
    pub score: u8,
    /// What is weak about it and how to do better, in English.
    pub hint: Option<String>,
}

/// What judges passwords could not be had: none is taken until it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("whether this password is good enough could not be checked; try again when the server answers")]
pub struct NoEstimate;

/// Clocks, waiting and tasks of one thread: the whole client lives on it.
#[async_trait(?Send)]
pub trait Platform {
    /// The clock on the wall. It may jump; decide nothing about order by it.
    fn now(&self) -> Timestamp;

    /// How many minutes the local clock is ahead of UTC at a moment; none where nobody says.
    fn utc_offset_minutes(&self, _at: Timestamp) -> i32 {
        0
    }

    /// Milliseconds since some moment of the past; never goes back.
    fn monotonic_ms(&self) -> u64;

    /// Waits. Cancel safe: dropping it ends the wait.
    async fn sleep(&self, duration: Duration);

    /// Runs a task on this thread until it ends. Its owner must be able to tell it to end.
    fn spawn(&self, task: LocalBoxFuture<'static, ()>);

    /// Judges a password against a guesser who tries the known words first.
    async fn estimate(&self, password: &str, known: &[&str]) -> Result<Estimate, NoEstimate>;
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::{Duration, Estimate, LocalBoxFuture, NoEstimate, Platform, Timestamp, Zone, async_trait};
    use std::time::{Instant, SystemTime, UNIX_EPOCH};

    /// A tokio runtime with a `LocalSet`.
    #[derive(Debug, Clone)]
    pub struct NativePlatform {
        started: Instant,
        zone: Zone,
    }

    impl NativePlatform {
        /// The platform of the calling thread, where the clock shows UTC.
        pub fn new() -> Self {
            Self::in_zone(Zone::utc())
        }

        /// The platform of the calling thread, for somebody who lives there.
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that others are given"
        )]
        pub fn in_zone(zone: Zone) -> Self {
            Self {
                started: Instant::now(),
                zone,
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

        fn utc_offset_minutes(&self, at: Timestamp) -> i32 {
            self.zone.offset_minutes(at)
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

        async fn estimate(&self, password: &str, known: &[&str]) -> Result<Estimate, NoEstimate> {
            let found = undertone_strength::estimate(password, known);
            Ok(Estimate {
                score: found.score,
                hint: found.hint,
            })
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod web {
    use super::{Duration, Estimate, LocalBoxFuture, NoEstimate, Platform, Timestamp, async_trait};
    use js_sys::{Array, Function, Promise, Reflect};
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Performance, WorkerGlobalScope};

    /// A dedicated worker of a browser.
    #[derive(Debug, Clone)]
    pub struct WebPlatform {
        performance: Option<Performance>,
        estimator: Function,
    }

    impl WebPlatform {
        /// The platform of the worker that runs this. The function gets a password and a list of words that
        /// are tried first, and answers, at once or later, with an object of `score` and `hint`.
        pub fn new(estimator: Function) -> Self {
            let scope = js_sys::global().dyn_into::<WorkerGlobalScope>().ok();
            Self {
                performance: scope.and_then(|scope| scope.performance()),
                estimator,
            }
        }

        async fn ask(&self, password: &str, known: &[&str]) -> Result<JsValue, JsValue> {
            let known: Array = known.iter().copied().map(JsValue::from_str).collect();
            let password = JsValue::from_str(password);
            let answer = self.estimator.call2(&JsValue::NULL, &password, &known)?;
            JsFuture::from(Promise::resolve(&answer)).await
        }
    }

    #[async_trait(?Send)]
    impl Platform for WebPlatform {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(whole_milliseconds(js_sys::Date::now()))
        }

        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds of now are far below 2^53"
        )]
        fn utc_offset_minutes(&self, at: Timestamp) -> i32 {
            let at = js_sys::Date::new(&JsValue::from_f64(at.as_millis() as f64));
            behind_minutes(at.get_timezone_offset())
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

        async fn estimate(&self, password: &str, known: &[&str]) -> Result<Estimate, NoEstimate> {
            let answer = self.ask(password, known).await.map_err(|_thrown| NoEstimate)?;
            read_estimate(&answer).ok_or(NoEstimate)
        }
    }

    /// What is no estimate is none: a password that nobody has judged is not taken.
    fn read_estimate(answer: &JsValue) -> Option<Estimate> {
        let field = |name: &str| Reflect::get(answer, &JsValue::from_str(name)).ok();
        let score = field("score")?.as_f64()?;
        let score = (0..=4).find(|known| f64::from(*known) == score)?;
        let hint = field("hint").and_then(|hint| hint.as_string());
        Some(Estimate { score, hint })
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
