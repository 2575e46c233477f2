//! What the server asks of strangers when many come at once: a number that takes a while to find and
//! none to check. Nothing is stored but what was used within the last minute.

use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subtle::ConstantTimeEq;
use undertone_wire::guest::{ProofChallenge, ProofOfWork};
use undertone_wire::{ErrorBody, ErrorCode};

use super::AddressKey;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::body;

/// How long a challenge can be answered.
const CHALLENGE_LIFE: Duration = Duration::from_mins(1);
/// Over which time arrivals are counted.
const WINDOW: Duration = Duration::from_mins(1);
/// Random bytes, end in milliseconds, difficulty, and a MAC over them.
const CHALLENGE_BYTES: usize = NONCE_BYTES + 8 + 1 + MAC_BYTES;
const NONCE_BYTES: usize = 16;
const MAC_BYTES: usize = 16;
/// Used challenges that are remembered; whoever fills that has worked for it.
const USED_MAX: usize = 1 << 16;

type Nonce = [u8; NONCE_BYTES];

/// Decides who has to work first, and checks what they found.
pub struct ProofsOfWork {
    clock: Arc<dyn Clock>,
    key: AddressKey,
    free_per_window: u32,
    difficulty: u8,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    window: u128,
    arrived: u32,
    /// Each until its challenge ends.
    used: HashMap<Nonce, Duration>,
}

impl ProofsOfWork {
    /// Nobody has come yet.
    pub fn new(clock: Arc<dyn Clock>, key: AddressKey, config: &Config) -> Self {
        let scale = config.limit_scale.get();
        Self {
            clock,
            key,
            free_per_window: config.guests.free_per_minute.saturating_mul(scale),
            difficulty: config.guests.proof_bits,
            state: Mutex::default(),
        }
    }

    /// Lets somebody in who brings a proof, or comes while few do. The others get a challenge.
    pub fn admit<R: RngCore + CryptoRng>(
        &self,
        rng: &mut R,
        proof: Option<&ProofOfWork>,
    ) -> Result<(), ErrorBody> {
        let now = self.clock.monotonic();
        let mut state = self.state();
        if proof.is_some_and(|proof| self.take(&mut state, proof, now)) {
            return Ok(());
        }
        let window = now.as_millis() / WINDOW.as_millis();
        if state.window != window {
            (state.window, state.arrived) = (window, 0);
        }
        if state.arrived < self.free_per_window {
            state.arrived += 1;
            return Ok(());
        }
        Err(ErrorBody {
            proof: Some(self.challenge(rng, now)),
            ..body(ErrorCode::ProofRequired)
        })
    }

    fn challenge<R: RngCore + CryptoRng>(&self, rng: &mut R, now: Duration) -> ProofChallenge {
        let mut nonce: Nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let end_ms = millis(now.saturating_add(CHALLENGE_LIFE));
        let challenge = [
            nonce.as_slice(),
            &end_ms.to_be_bytes(),
            &[self.difficulty],
            &self.mac(&nonce, end_ms, self.difficulty),
        ]
        .concat();
        ProofChallenge {
            challenge: challenge.into(),
            difficulty: self.difficulty,
        }
    }

    /// Whether a proof is right, in time and new; uses it up.
    fn take(&self, state: &mut State, proof: &ProofOfWork, now: Duration) -> bool {
        let Some((nonce, end_ms, difficulty, mac)) = parse(proof.challenge.as_slice()) else {
            return false;
        };
        let genuine: bool = self.mac(&nonce, end_ms, difficulty).ct_eq(&mac).into();
        if !genuine || end_ms <= millis(now) || zero_bits(proof) < u32::from(difficulty) {
            return false;
        }
        if state.used.len() >= USED_MAX {
            state.used.retain(|_, end| *end > now);
        }
        let is_new = state.used.len() < USED_MAX && !state.used.contains_key(&nonce);
        if is_new {
            state.used.insert(nonce, Duration::from_millis(end_ms));
        }
        is_new
    }

    /// Forgets used challenges that have ended.
    pub fn forget_expired(&self) {
        let now = self.clock.monotonic();
        self.state().used.retain(|_, end| *end > now);
    }

    fn mac(&self, nonce: &Nonce, end_ms: u64, difficulty: u8) -> [u8; MAC_BYTES] {
        self.key
            .hash(&[b"proof of work", nonce, &end_ms.to_be_bytes(), &[difficulty]])
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ProofsOfWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofsOfWork(…)")
    }
}

/// A challenge's nonce, end in milliseconds, difficulty and MAC.
fn parse(challenge: &[u8]) -> Option<(Nonce, u64, u8, [u8; MAC_BYTES])> {
    if challenge.len() != CHALLENGE_BYTES {
        return None;
    }
    let (nonce, rest) = challenge.split_first_chunk()?;
    let (end_ms, rest) = rest.split_first_chunk()?;
    let (difficulty, mac) = rest.split_first()?;
    Some((
        *nonce,
        u64::from_be_bytes(*end_ms),
        *difficulty,
        mac.try_into().ok()?,
    ))
}

/// With how many zero bits the hash of challenge and solution begins.
fn zero_bits(proof: &ProofOfWork) -> u32 {
    let hash = Sha256::new()
        .chain_update(proof.challenge.as_slice())
        .chain_update(proof.solution.to_be_bytes())
        .finalize();
    let mut bits = 0;
    for byte in hash {
        bits += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    bits
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use undertone_wire::Timestamp;

    struct Gate {
        clock: Arc<ManualClock>,
        rng: StdRng,
        proofs: ProofsOfWork,
    }

    impl Gate {
        fn new(free: u32) -> Self {
            let mut rng = StdRng::seed_from_u64(1);
            let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
            let mut config = Config::new("unused");
            (config.guests.free_per_minute, config.guests.proof_bits) = (free, 9);
            let key = AddressKey::generate(&mut rng);
            let proofs = ProofsOfWork::new(clock.clone(), key, &config);
            Self { clock, rng, proofs }
        }

        fn come(&mut self, proof: Option<&ProofOfWork>) -> Result<(), ProofChallenge> {
            self.proofs.admit(&mut self.rng, proof).map_err(|error| {
                assert_eq!(error.code, ErrorCode::ProofRequired);
                error.proof.unwrap()
            })
        }
    }

    fn candidates(challenge: &ProofChallenge) -> impl Iterator<Item = ProofOfWork> {
        let challenge = challenge.challenge.clone();
        (0..).map(move |solution| ProofOfWork {
            challenge: challenge.clone(),
            solution,
        })
    }

    fn solve(challenge: &ProofChallenge) -> ProofOfWork {
        let bits = u32::from(challenge.difficulty);
        candidates(challenge)
            .find(|proof| zero_bits(proof) >= bits)
            .unwrap()
    }

    #[test]
    fn only_those_beyond_the_free_ones_of_a_minute_work() {
        let mut gate = Gate::new(2);
        assert_eq!(gate.come(None), Ok(()));
        assert_eq!(gate.come(None), Ok(()));
        let challenge = gate.come(None).unwrap_err();
        assert_eq!(challenge.difficulty, 9);
        assert_eq!(gate.come(Some(&solve(&challenge))), Ok(()));
        assert!(gate.come(None).is_err(), "a proof frees nobody else");
        gate.clock.advance(WINDOW);
        assert_eq!(gate.come(None), Ok(()));
    }

    #[test]
    fn a_proof_counts_once_and_for_a_minute() {
        let mut gate = Gate::new(0);
        let challenge = gate.come(None).unwrap_err();
        let proof = solve(&challenge);
        assert_eq!(gate.come(Some(&proof)), Ok(()));
        assert!(gate.come(Some(&proof)).is_err(), "used");
        gate.proofs.forget_expired();
        assert!(gate.come(Some(&proof)).is_err(), "used, and still known");
        let proof = solve(&gate.come(None).unwrap_err());
        gate.clock.advance(CHALLENGE_LIFE);
        assert!(gate.come(Some(&proof)).is_err(), "too late");
        assert_eq!(gate.proofs.state().used.len(), 1);
        gate.proofs.forget_expired();
        assert_eq!(gate.proofs.state().used.len(), 0);
    }

    #[test]
    fn memory_is_bounded_and_makes_room_for_what_is_new() {
        let mut gate = Gate::new(0);
        let fill = |gate: &Gate, end: Duration| {
            let mut state = gate.proofs.state();
            state.used.clear();
            for number in 0..USED_MAX {
                let mut nonce = [0; NONCE_BYTES];
                nonce[..8].copy_from_slice(&number.to_be_bytes());
                state.used.insert(nonce, end);
            }
        };
        let proof = solve(&gate.come(None).unwrap_err());
        gate.clock.advance(Duration::from_secs(1));
        fill(&gate, Duration::from_secs(2));
        assert!(gate.come(Some(&proof)).is_err(), "nothing can be forgotten yet");
        assert_eq!(gate.proofs.state().used.len(), USED_MAX);
        fill(&gate, Duration::from_secs(1));
        assert_eq!(gate.come(Some(&proof)), Ok(()));
        assert_eq!(gate.proofs.state().used.len(), 1);
    }

    #[test]
    fn what_was_not_found_or_not_asked_does_not_count() {
        let mut gate = Gate::new(0);
        let challenge = gate.come(None).unwrap_err();
        let wrong = candidates(&challenge)
            .find(|proof| zero_bits(proof) == 8)
            .unwrap();
        assert!(gate.come(Some(&wrong)).is_err(), "one bit is missing");
        for place in 0..CHALLENGE_BYTES {
            let mut forged = challenge.clone();
            forged.challenge.0[place] ^= 1;
            assert!(gate.come(Some(&solve(&forged))).is_err(), "byte {place}");
        }
        let mut longer = challenge.clone();
        longer.challenge.0.push(0);
        for forged in [
            ProofChallenge {
                challenge: Vec::new().into(),
                ..challenge.clone()
            },
            longer,
        ] {
            assert!(gate.come(Some(&solve(&forged))).is_err());
        }
        assert_eq!(gate.come(Some(&solve(&challenge))), Ok(()));
    }

    #[test]
    fn arrivals_are_counted_over_a_whole_minute() {
        let mut gate = Gate::new(1);
        gate.come(None).unwrap();
        gate.clock.advance(WINDOW.saturating_sub(Duration::from_secs(1)));
        gate.come(None).unwrap_err();
        gate.clock.advance(Duration::from_secs(1));
        gate.come(None).unwrap();
    }

    #[test]
    fn zero_bits_are_counted_from_the_beginning_to_the_first_one() {
        let mut most = 0;
        for solution in 0..2_000 {
            let challenge: undertone_wire::Bytes = b"challenge".as_slice().into();
            let proof = ProofOfWork { challenge, solution };
            let hash = Sha256::new()
                .chain_update(proof.challenge.as_slice())
                .chain_update(solution.to_be_bytes())
                .finalize();
            let mut bits = hash
                .iter()
                .flat_map(|byte| (0..8).map(move |at| byte >> (7 - at) & 1));
            let counted = zero_bits(&proof);
            assert_eq!(bits.position(|bit| bit == 1), Some(counted as usize));
            most = most.max(counted);
        }
        assert!(most > 8, "none went beyond the first byte");
    }
}
