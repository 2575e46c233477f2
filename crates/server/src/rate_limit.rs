//! How fast anyone may do anything: token buckets by class of request and by who asks. Beyond comes
//! `rate_limited` with the time to wait. Nothing is stored; keys are keyed hashes.

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{NotUntil, Quota, RateLimiter};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use undertone_wire::ErrorBody;
use undertone_wire::guest::UserKind;

use crate::auth::{AddressKey, AuthedDevice};
use crate::clock::Clock;
use crate::config::{Config, GuestSettings};
use crate::error::rate_limited;

/// A class holds at most so many buckets: who asks is hashed onto them, so memory is bounded whoever
/// asks, and which two share one cannot be chosen.
const BUCKETS_PER_CLASS: u32 = 1 << 18;

macro_rules! classes {
    (|$guests:ident| $($(#[$doc:meta])* $name:ident = $burst:expr, $refill_ms:expr;)*) => {
        /// A class of requests with a speed of its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Class { $($(#[$doc])* $name,)* }

        impl Class {
            /// All classes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// How many at once, and after how many milliseconds one more.
            fn rate(self, $guests: &GuestSettings) -> (u32, u64) {
                match self { $(Self::$name => ($burst, $refill_ms),)* }
            }
        }
    };
}

classes! {
    |guests|
    /// Anything, by network.
    Network = 1000, 4;
    /// Reading by HTTP, by device.
    Read = 200, 20;
    /// Changing something by HTTP, by device.
    Write = 100, 50;
    /// Saying where to be woken and trying it, by device.
    Push = 10, 6_000;
    /// Asking for a place for a file, by device.
    Blob = 60, 500;
    /// Bringing or fetching pieces of files, by device.
    BlobPiece = 500, 5;
    /// Sending a message, by device.
    Message = 500, 20;
    /// Submitting a commit or making a conversation, by device.
    Commit = 60, 500;
    /// Any frame of a WebSocket, by device.
    Frame = 1000, 5;
    /// Typing and other signals, by device.
    Signal = 300, 100;
    /// Looking at the door of a room or coming in, by network: nobody guesses a link at this speed.
    Door = 100, 500;
    /// Taking somebody's key packages, by who takes and whose.
    ClaimKeyPackages = 30, 10_000;
    /// Making an invitation, by user.
    Invitation = 20, 30_000;
    /// Opening a WebSocket, by network.
    Connect = 200, 100;
    /// Registering, by network.
    Registration = 30, 5_000;
    /// Logging in, by network.
    Login = 60, 2_000;
    /// Refreshing a session, by network.
    Refresh = 100, 500;
    /// Trying a set-up token, by network.
    Setup = 20, 2_000;
    /// Sending a message as a guest, by user.
    GuestMessage = guests.messages_per_minute.get(), 60_000 / u64::from(guests.messages_per_minute.get());
    /// Making a room as a guest, by user.
    GuestRoom = guests.rooms_per_hour.get(), 3_600_000 / u64::from(guests.rooms_per_hour.get());
    /// Becoming a guest, by network.
    GuestSession = guests.sessions_per_hour.get(), 3_600_000 / u64::from(guests.sessions_per_hour.get());
}

type Buckets = RateLimiter<u32, DefaultKeyedStateStore<u32>, MonotonicClock, NoOpMiddleware<Duration>>;

/// Which bucket of each class somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket(u32);

/// All buckets.
pub struct Limits {
    clock: MonotonicClock,
    key: AddressKey,
    classes: Vec<(Class, Buckets)>,
}

impl Limits {
    /// Full buckets. The settings' scale multiplies every speed.
    pub fn new(clock: Arc<dyn Clock>, key: AddressKey, config: &Config) -> Self {
        let clock = MonotonicClock(clock);
        let classes = Class::ALL
            .iter()
            .filter_map(|class| {
                let rate = class.rate(&config.guests);
                Some((*class, buckets(rate, config.limit_scale, &clock)?))
            })
            .collect();
        Self { clock, key, classes }
    }

    /// Takes one from the bucket of whoever `who` names, or says how long to wait.
    pub fn check(&self, class: Class, who: &[u8]) -> Result<(), ErrorBody> {
        self.take(class, self.bucket(who))
    }

    /// Takes one from a bucket that is known already, or says how long to wait.
    pub fn take(&self, class: Class, bucket: Bucket) -> Result<(), ErrorBody> {
        let Some((_, buckets)) = self.classes.iter().find(|(each, _)| *each == class) else {
            return Ok(());
        };
        buckets
            .check_key(&bucket.0)
            .map_err(|until: NotUntil<Duration>| rate_limited(until.wait_time_from(self.clock.now())))
    }

    /// Takes one message from the bucket of a device, and of its user if they are a guest.
    pub fn check_message(&self, caller: &AuthedDevice) -> Result<(), ErrorBody> {
        self.check(Class::Message, caller.device.as_bytes())?;
        self.check_guest(Class::GuestMessage, caller)
    }

    /// Takes one from the bucket of a guest; accounts have none.
    pub fn check_guest(&self, class: Class, caller: &AuthedDevice) -> Result<(), ErrorBody> {
        match caller.kind {
            UserKind::Account => Ok(()),
            UserKind::Guest => self.check(class, caller.user.as_bytes()),
        }
    }

    /// Forgets buckets that are full again.
    pub fn forget_idle(&self) {
        for (_, buckets) in &self.classes {
            buckets.retain_recent();
        }
    }

    /// The bucket of whoever `who` names, in every class: for those who ask often.
    pub fn bucket(&self, who: &[u8]) -> Bucket {
        let hash = self.key.hash(&[b"limit", who]);
        let number = hash.into_iter().take(4);
        Bucket(number.fold(0, |number, byte| number << 8 | u32::from(byte)) % BUCKETS_PER_CLASS)
    }
}

fn buckets((burst, refill_ms): (u32, u64), scale: NonZeroU32, clock: &MonotonicClock) -> Option<Buckets> {
    let burst = NonZeroU32::new(burst.saturating_mul(scale.get()))?;
    let refill = Duration::from_millis(refill_ms)
        .checked_div(scale.get())?
        .max(Duration::from_nanos(1));
    let quota = Quota::with_period(refill)?.allow_burst(burst);
    Some(RateLimiter::new(
        quota,
        DefaultKeyedStateStore::default(),
        clock.clone(),
    ))
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limits(…)")
    }
}

/// Our clock, as the library wants it.
#[derive(Debug, Clone)]
struct MonotonicClock(Arc<dyn Clock>);

impl GovernorClock for MonotonicClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use undertone_wire::{ErrorCode, Timestamp};

    fn limits(scale: u32) -> (Arc<ManualClock>, Limits) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let key = AddressKey::generate(&mut StdRng::seed_from_u64(1));
        let config = Config {
            limit_scale: NonZeroU32::new(scale).unwrap(),
            ..Config::new("unused")
        };
        let limits = Limits::new(clock.clone(), key, &config);
        (clock, limits)
    }

    #[test]
    fn every_class_has_its_burst_and_refills() {
        let (clock, limits) = limits(1);
        for class in Class::ALL {
            let (burst, refill_ms) = class.rate(&GuestSettings::default());
            for _ in 0..burst {
                assert_eq!(limits.check(*class, b"ada"), Ok(()), "{class:?}");
            }
            let refused = limits.check(*class, b"ada").unwrap_err();
            assert_eq!(refused.code, ErrorCode::RateLimited);
            let wait_ms = refused.retry_after_ms.unwrap();
            assert!((1..=refill_ms).contains(&wait_ms), "{class:?}: {wait_ms}");
            assert_eq!(limits.check(*class, b"bob"), Ok(()));
            clock.advance(Duration::from_millis(wait_ms + 1));
            assert_eq!(limits.check(*class, b"ada"), Ok(()), "{class:?}");
        }
    }

    #[test]
    fn the_scale_multiplies() {
        let (_, limits) = limits(3);
        for _ in 0..90 {
            assert_eq!(limits.check(Class::Registration, b"here"), Ok(()));
        }
        assert!(limits.check(Class::Registration, b"here").is_err());
    }

    #[test]
    fn memory_is_bounded() {
        let (clock, limits) = limits(1);
        for number in 0..(BUCKETS_PER_CLASS + 50_000) {
            drop(limits.check(Class::Login, &number.to_be_bytes()));
        }
        let held = |limits: &Limits| {
            limits
                .classes
                .iter()
                .map(|(_, buckets)| buckets.len())
                .sum::<usize>()
        };
        assert!(held(&limits) <= BUCKETS_PER_CLASS as usize);
        clock.advance(Duration::from_hours(1));
        limits.forget_idle();
        assert_eq!(held(&limits), 0);
    }
}
