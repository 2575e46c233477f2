//! Which access tokens were found genuine already, so that the signature of one is checked once and not with
//! every request and connection. When a token ends, and whether its session goes on, is asked each time.

use super::Claims;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tokens of a generation. There are two, of some 100 bytes each: what is asked for goes into the younger, and
/// when that is full the older is forgotten.
const GENERATION_MAX: usize = 8192;

/// What is found by the hash of a token: the table holds no token, and how long it searches tells nothing of
/// one.
type Hash = [u8; 32];

/// Genuine tokens, and what they say.
#[derive(Default)]
pub(super) struct Verified(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    younger: HashMap<Hash, Claims>,
    older: HashMap<Hash, Claims>,
}

impl Verified {
    /// What the token says: remembered, or learnt by `verify`. A refusal is not remembered.
    pub(super) fn claims<E>(
        &self,
        token: &str,
        verify: impl FnOnce() -> Result<Claims, E>,
    ) -> Result<Claims, E> {
        let hash: Hash = Sha256::digest(token).into();
        if let Some(claims) = self.lock().find(&hash) {
            return Ok(claims);
        }
        let claims = verify()?;
        self.lock().add(hash, claims);
        Ok(claims)
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        // Each change is one: nothing is half done after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn find(&mut self, hash: &Hash) -> Option<Claims> {
        if let Some(claims) = self.younger.get(hash) {
            return Some(*claims);
        }
        let claims = self.older.remove(hash)?;
        self.add(*hash, claims);
        Some(claims)
    }

    fn add(&mut self, hash: Hash, claims: Claims) {
        if self.younger.len() >= GENERATION_MAX {
            self.older = mem::take(&mut self.younger);
        }
        self.younger.insert(hash, claims);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::SessionId;
    use std::cell::Cell;
    use undertone_wire::{DeviceId, Timestamp, UserId};

    fn claims(number: u8) -> Claims {
        Claims {
            user: UserId::from_bytes([number; 16]),
            device: DeviceId::from_bytes([number; 16]),
            session: SessionId::try_from([number; 16].as_slice()).unwrap(),
            expires_at: Timestamp::from_millis(7),
        }
    }

    #[test]
    fn a_token_is_verified_once_and_another_for_itself() {
        let (verified, times) = (Verified::default(), Cell::new(0));
        let ask = |token: &str, says: u8| {
            let verify = || {
                times.set(times.get() + 1);
                Ok::<_, ()>(claims(says))
            };
            verified.claims(token, verify)
        };
        assert_eq!(ask("one", 1), Ok(claims(1)));
        assert_eq!(ask("one", 9), Ok(claims(1)));
        assert_eq!(ask("two", 2), Ok(claims(2)));
        assert_eq!(times.get(), 2);
    }

    #[test]
    fn a_refusal_is_not_remembered() {
        let verified = Verified::default();
        assert_eq!(verified.claims("one", || Err("forged")), Err("forged"));
        assert_eq!(verified.claims::<()>("one", || Ok(claims(1))), Ok(claims(1)));
    }

    #[test]
    fn few_are_remembered_and_those_in_use_the_longest() {
        let verified = Verified::default();
        let asked = |number: usize| {
            let is_new = Cell::new(false);
            let verify = || {
                is_new.set(true);
                Ok::<_, ()>(claims(1))
            };
            verified.claims(&number.to_string(), verify).unwrap();
            is_new.get()
        };
        for number in 0..GENERATION_MAX {
            assert!(asked(number));
        }
        assert!((0..GENERATION_MAX).all(|number| !asked(number)));
        for number in GENERATION_MAX..4 * GENERATION_MAX {
            assert!(asked(number));
            assert!(!asked(0), "{number}");
        }
        let generations = verified.lock();
        assert!(generations.younger.len() <= GENERATION_MAX && generations.older.len() <= GENERATION_MAX);
    }
}
