//! The brake on guessing passwords: each login that was begun and not finished makes the next one of
//! the same account, and of the same network, wait longer. Names that do not exist count alike.
//!
//! The wait for an account has a low ceiling, so that nobody can lock somebody else out; the wait for
//! a network has a high one. All of it lives in memory, under keyed hashes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{AddressKey, ClientAddress};
use crate::clock::Clock;

/// Attempts after which an account's logins wait.
const ACCOUNT_FREE: u32 = 5;
/// The longest wait of an account.
const ACCOUNT_WAIT_MAX: Duration = Duration::from_mins(1);
/// Attempts after which a network's logins wait.
const NETWORK_FREE: u32 = 30;
/// The longest wait of a network.
const NETWORK_WAIT_MAX: Duration = Duration::from_mins(15);
/// The first wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// What is forgotten when nobody tried again.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(1);
/// Accounts and networks that are remembered; beyond, the older half is forgotten.
const ENTRIES_MAX: usize = 1 << 16;

type Key = [u8; 16];

#[derive(Debug, Clone, Copy)]
struct Attempts {
    count: u32,
    last: Duration,
    not_before: Duration,
}

/// How one kind of key is braked.
#[derive(Debug, Clone, Copy)]
struct Brake {
    free: u32,
    wait_max: Duration,
}

impl Brake {
    fn wait_after(self, count: u32) -> Duration {
        match count.checked_sub(self.free) {
            None | Some(0) => Duration::ZERO,
            Some(over) => FIRST_WAIT
                .saturating_mul(1 << (over - 1).min(20))
                .min(self.wait_max),
        }
    }
}

/// Remembers attempts to log in.
#[derive(Debug)]
pub struct LoginDelays {
    clock: Arc<dyn Clock>,
    key: AddressKey,
    account: Brake,
    network: Brake,
    entries: Mutex<HashMap<Key, Attempts>>,
}

impl LoginDelays {
    /// Remembers nothing yet. `scale` multiplies the attempts that are free.
    pub fn new(clock: Arc<dyn Clock>, key: AddressKey, scale: u32) -> Self {
        Self {
            clock,
            key,
            account: Brake {
                free: ACCOUNT_FREE.saturating_mul(scale),
                wait_max: ACCOUNT_WAIT_MAX,
            },
            network: Brake {
                free: NETWORK_FREE.saturating_mul(scale),
                wait_max: NETWORK_WAIT_MAX,
            },
            entries: Mutex::default(),
        }
    }

    /// Counts an attempt, or says how long to wait before the next; an attempt that has to wait is
    /// not counted.
    pub fn begin(&self, name_key: &str, address: ClientAddress) -> Result<(), Duration> {
        let now = self.clock.monotonic();
        let (account, network) = self.keys(name_key, address);
        let mut entries = self.entries();
        let wait = remaining(&entries, &account, now).max(remaining(&entries, &network, now));
        if !wait.is_zero() {
            return Err(wait);
        }
        make_room(&mut entries, now);
        count(&mut entries, account, self.account, now);
        count(&mut entries, network, self.network, now);
        Ok(())
    }

    /// The attempt turned out to be the account's owner.
    pub fn succeeded(&self, name_key: &str, address: ClientAddress) {
        let (account, network) = self.keys(name_key, address);
        let mut entries = self.entries();
        entries.remove(&account);
        if let Some(attempts) = entries.get_mut(&network) {
            attempts.count = attempts.count.saturating_sub(1);
            attempts.not_before = Duration::ZERO;
        }
    }

    fn keys(&self, name_key: &str, address: ClientAddress) -> (Key, Key) {
        (
            self.key.hash(&[b"account", name_key.as_bytes()]),
            self.key.hash(&[b"network", address.as_bytes()]),
        )
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Key, Attempts>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remaining(entries: &HashMap<Key, Attempts>, key: &Key, now: Duration) -> Duration {
    entries
        .get(key)
        .map_or(Duration::ZERO, |attempts| attempts.not_before.saturating_sub(now))
}

fn count(entries: &mut HashMap<Key, Attempts>, key: Key, brake: Brake, now: Duration) {
    let attempts = entries.entry(key).or_insert(Attempts {
        count: 0,
        last: now,
        not_before: Duration::ZERO,
    });
    if now.saturating_sub(attempts.last) > FORGOTTEN_AFTER {
        attempts.count = 0;
    }
    attempts.count = attempts.count.saturating_add(1);
    attempts.last = now;
    attempts.not_before = now.saturating_add(brake.wait_after(attempts.count));
}

/// Forgets what is old, and if that is not enough, the older half: memory stays bounded whatever
/// names are tried.
fn make_room(entries: &mut HashMap<Key, Attempts>, now: Duration) {
    if entries.len() + 2 <= ENTRIES_MAX {
        return;
    }
    entries.retain(|_, attempts| now.saturating_sub(attempts.last) <= FORGOTTEN_AFTER);
    if entries.len() > ENTRIES_MAX / 2 {
        let mut times: Vec<Duration> = entries.values().map(|attempts| attempts.last).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        entries.retain(|_, attempts| attempts.last > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use undertone_wire::Timestamp;

    struct World {
        clock: Arc<ManualClock>,
        delays: LoginDelays,
        key: AddressKey,
    }

    impl World {
        fn new() -> Self {
            let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
            let key = AddressKey::generate(&mut StdRng::seed_from_u64(1));
            let delays = LoginDelays::new(clock.clone(), key.clone(), 1);
            Self { clock, delays, key }
        }

        fn network(&self, number: u16) -> ClientAddress {
            let [high, low] = number.to_be_bytes();
            self.key.blind([10, high, low, 1].into())
        }
    }

    #[test]
    fn an_account_waits_longer_and_longer_up_to_a_minute() {
        let world = World::new();
        for network in 0..5 {
            assert_eq!(world.delays.begin("ada", world.network(network)), Ok(()));
        }
        let mut waits = Vec::new();
        for network in 5..14 {
            world.delays.begin("ada", world.network(network)).unwrap();
            let wait = world.delays.begin("ada", world.network(100)).unwrap_err();
            waits.push(wait.as_secs());
            world.clock.advance(wait);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn others_do_not_wait_and_success_ends_the_waiting() {
        let world = World::new();
        let here = world.network(1);
        for _ in 0..6 {
            world.delays.begin("ada", here).unwrap();
        }
        assert!(world.delays.begin("ada", here).is_err());
        assert_eq!(world.delays.begin("bob", here), Ok(()));
        world.delays.succeeded("ada", here);
        assert_eq!(world.delays.begin("ada", here), Ok(()));
    }

    #[test]
    fn a_network_that_tries_many_names_waits() {
        let world = World::new();
        let here = world.network(1);
        for number in 0..31 {
            world.delays.begin(&format!("name{number}"), here).unwrap();
        }
        assert_eq!(world.delays.begin("another", here), Err(Duration::from_secs(1)));
        assert_eq!(world.delays.begin("another", world.network(2)), Ok(()));
        world.clock.advance(FORGOTTEN_AFTER + Duration::from_secs(2));
        for number in 0..31 {
            world.delays.begin(&format!("name{number}"), here).unwrap();
        }
    }

    #[test]
    fn attempts_are_remembered_for_an_hour() {
        let world = World::new();
        let attempt = |network| world.delays.begin("ada", world.network(network));
        for network in 0..6 {
            assert_eq!(attempt(network), Ok(()));
        }
        world.clock.advance(FORGOTTEN_AFTER);
        assert_eq!(attempt(6), Ok(()));
        assert_eq!(attempt(7), Err(Duration::from_secs(2)), "the seventh");
        world.clock.advance(FORGOTTEN_AFTER + Duration::from_millis(1));
        for network in 8..13 {
            assert_eq!(attempt(network), Ok(()), "they count from one again");
        }
    }

    /// So many attempts, each a moment after the one before, the first at `from`.
    fn attempts(count: usize, from: Duration) -> HashMap<Key, Attempts> {
        let at = |number: u32| from + Duration::from_millis(number.into());
        (0..u32::try_from(count).unwrap())
            .map(|number| {
                let attempts = Attempts {
                    count: 1,
                    last: at(number),
                    not_before: Duration::ZERO,
                };
                let mut key = [0; 16];
                key[..4].copy_from_slice(&number.to_be_bytes());
                key[4..12].copy_from_slice(&u64::try_from(from.as_millis()).unwrap().to_be_bytes());
                (key, attempts)
            })
            .collect()
    }

    #[test]
    fn nothing_is_forgotten_while_there_is_room() {
        let mut entries = attempts(ENTRIES_MAX - 2, Duration::ZERO);
        make_room(&mut entries, FORGOTTEN_AFTER * 2);
        assert_eq!(entries.len(), ENTRIES_MAX - 2);
    }

    #[test]
    fn what_is_old_goes_first() {
        let now = FORGOTTEN_AFTER * 3;
        // The oldest of these is exactly an hour old.
        let young = attempts(ENTRIES_MAX / 2, now.saturating_sub(FORGOTTEN_AFTER));
        let mut entries = attempts(ENTRIES_MAX / 2 - 1, Duration::ZERO);
        entries.extend(young.clone());
        make_room(&mut entries, now);
        assert_eq!(entries.len(), ENTRIES_MAX / 2);
        assert!(young.keys().all(|key| entries.contains_key(key)));
    }

    #[test]
    fn then_the_older_half() {
        let mut entries = attempts(ENTRIES_MAX - 1, Duration::ZERO);
        make_room(&mut entries, Duration::ZERO);
        assert_eq!(entries.len(), ENTRIES_MAX / 2 - 1);
        let oldest = entries.values().map(|attempts| attempts.last).min().unwrap();
        assert_eq!(oldest, Duration::from_millis(1 << 15));
    }

    #[test]
    fn memory_stays_bounded() {
        let world = World::new();
        for number in 0..(1_u32 << 16) + 10_000 {
            world.clock.advance(Duration::from_millis(1));
            let network = world.network(u16::try_from(number % 60_000).unwrap());
            world.delays.begin(&number.to_string(), network).ok();
        }
        assert!(world.delays.entries().len() <= ENTRIES_MAX);
        let shown = format!("{:?}", world.delays.key);
        assert_eq!(shown, "AddressKey(…)");
    }
}
