//! Logins between their two requests: kept in memory for a minute, bounded in number, used once.

use rand::{CryptoRng, RngCore};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use undertone_wire::limits::LOGIN_LIFE;
use undertone_wire::{LoginId, UserId};
use zeroize::Zeroizing;

use super::ClientAddress;
use crate::clock::Clock;

/// Logins that may be under way: half a kilobyte each.
const PENDING_MAX: usize = 16_384;

/// A login that has begun.
pub struct PendingLogin {
    /// What OPAQUE needs to finish.
    pub state: Zeroizing<Vec<u8>>,
    /// The name's unique key: OPAQUE's client identifier.
    pub name_key: String,
    /// Nobody, if there is no such account; such a login never succeeds.
    pub user: Option<UserId>,
    /// From where it was begun.
    pub address: ClientAddress,
}

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PendingLogin(…)")
    }
}

/// A login by recovery key that has begun.
pub struct PendingRecovery {
    /// What is to be signed.
    pub challenge: [u8; 32],
    /// The name's unique key.
    pub name_key: String,
    /// The account and the public half of its recovery key. Nobody, if there is no such account; such
    /// a recovery never succeeds.
    pub account: Option<(UserId, Vec<u8>)>,
    /// From where it was begun.
    pub address: ClientAddress,
}

impl fmt::Debug for PendingRecovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PendingRecovery(…)")
    }
}

/// What has begun and is to be finished within a minute, once.
#[derive(Debug)]
pub struct Pending<T> {
    clock: Arc<dyn Clock>,
    entries: Mutex<HashMap<LoginId, (Duration, T)>>,
}

/// All logins that are under way.
pub type PendingLogins = Pending<PendingLogin>;
/// All logins by recovery key that are under way.
pub type PendingRecoveries = Pending<PendingRecovery>;

/// So many logins are under way that another one must wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many logins are under way")]
pub struct TooManyLogins;

impl<T> Pending<T> {
    /// None yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            entries: Mutex::default(),
        }
    }

    /// Keeps a login; the id is the client's secret for a minute.
    pub fn insert<R: RngCore + CryptoRng>(&self, rng: &mut R, login: T) -> Result<LoginId, TooManyLogins> {
        let mut bytes = [0; LoginId::LEN];
        rng.fill_bytes(&mut bytes);
        let now = self.clock.monotonic();
        let mut entries = self.entries();
        if entries.len() >= PENDING_MAX {
            entries.retain(|_, (expires_at, _)| *expires_at > now);
        }
        if entries.len() >= PENDING_MAX {
            return Err(TooManyLogins);
        }
        let id = LoginId::from_bytes(bytes);
        entries.insert(id, (now.saturating_add(LOGIN_LIFE), login));
        Ok(id)
    }

    /// Takes a login that is not over a minute old: it can be finished once.
    pub fn take(&self, id: LoginId) -> Option<T> {
        let (expires_at, login) = self.entries().remove(&id)?;
        (expires_at > self.clock.monotonic()).then_some(login)
    }

    /// Forgets those whose minute is over.
    pub fn forget_expired(&self) {
        let now = self.clock.monotonic();
        self.entries().retain(|_, (expires_at, _)| *expires_at > now);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<LoginId, (Duration, T)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::AddressKey;
    use crate::clock::ManualClock;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use undertone_wire::Timestamp;

    fn login(rng: &mut StdRng) -> PendingLogin {
        let address = AddressKey::generate(rng).blind([127, 0, 0, 1].into());
        PendingLogin {
            state: Zeroizing::new(vec![1]),
            name_key: "ada".to_owned(),
            user: None,
            address,
        }
    }

    #[test]
    fn a_login_is_taken_once_within_a_minute() {
        let mut rng = StdRng::seed_from_u64(1);
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let logins = PendingLogins::new(clock.clone());
        let pending = login(&mut rng);
        let id = logins.insert(&mut rng, pending).unwrap();
        assert!(logins.take(id).is_some());
        assert!(logins.take(id).is_none());
        let pending = login(&mut rng);
        let id = logins.insert(&mut rng, pending).unwrap();
        clock.advance(LOGIN_LIFE);
        assert!(logins.take(id).is_none());
    }

    #[test]
    fn what_is_over_is_forgotten_and_nothing_else() {
        let mut rng = StdRng::seed_from_u64(1);
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let logins = PendingLogins::new(clock.clone());
        let pending = login(&mut rng);
        logins.insert(&mut rng, pending).unwrap();
        clock.advance(Duration::from_secs(1));
        let pending = login(&mut rng);
        let later = logins.insert(&mut rng, pending).unwrap();
        clock.advance(LOGIN_LIFE.saturating_sub(Duration::from_secs(1)));
        logins.forget_expired();
        assert_eq!(logins.entries().len(), 1);
        assert!(logins.take(later).is_some());
    }

    #[test]
    fn the_number_is_bounded() {
        let mut rng = StdRng::seed_from_u64(1);
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let logins = PendingLogins::new(clock.clone());
        for _ in 0..PENDING_MAX {
            let pending = login(&mut rng);
            logins.insert(&mut rng, pending).unwrap();
        }
        let pending = login(&mut rng);
        assert_eq!(logins.insert(&mut rng, pending), Err(TooManyLogins));
        clock.advance(LOGIN_LIFE);
        let pending = login(&mut rng);
        assert!(logins.insert(&mut rng, pending).is_ok());
        logins.forget_expired();
        assert_eq!(logins.entries().len(), 1);
    }
}
