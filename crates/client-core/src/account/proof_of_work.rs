//! Finding what a server under load asks for before it takes a guest. A client works for a moment, not
//! for as long as a server likes.

use super::AccountError;
use crate::platform::Platform;
use sha2::{Digest, Sha256};
use std::time::Duration;
use undertone_wire::guest::{ProofChallenge, ProofOfWork};

/// The most zero bits that are looked for.
const DIFFICULTY_MAX: u8 = 24;
/// So many tries are made before others may run.
const TRIES_AT_ONCE: u64 = 1 << 14;

/// Looks for a solution. Cancel safe: dropping it ends the work.
pub(super) async fn solve(
    platform: &dyn Platform,
    challenge: ProofChallenge,
) -> Result<ProofOfWork, AccountError> {
    let ProofChallenge {
        challenge,
        difficulty,
    } = challenge;
    if difficulty > DIFFICULTY_MAX {
        return Err(AccountError::ProofTooHard);
    }
    let begun = Sha256::new().chain_update(challenge.as_slice());
    let mut from = 0_u64;
    loop {
        let until = from.saturating_add(TRIES_AT_ONCE);
        if let Some(solution) = (from..until).find(|solution| fits(&begun, *solution, difficulty)) {
            return Ok(ProofOfWork { challenge, solution });
        }
        from = until;
        platform.sleep(Duration::ZERO).await;
    }
}

/// Whether the hash begins with so many zero bits.
fn fits(begun: &Sha256, solution: u64, difficulty: u8) -> bool {
    let hash: [u8; 32] = begun
        .clone()
        .chain_update(solution.to_be_bytes())
        .finalize()
        .into();
    let first = hash
        .first_chunk()
        .map_or(u64::MAX, |first| u64::from_be_bytes(*first));
    first.leading_zeros() >= u32::from(difficulty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::NativePlatform;

    async fn find(difficulty: u8) -> Result<ProofOfWork, AccountError> {
        let challenge = ProofChallenge {
            challenge: b"challenge".as_slice().into(),
            difficulty,
        };
        solve(&NativePlatform::new(), challenge).await
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_is_found_begins_with_the_zero_bits() {
        for difficulty in [0, 1, 7, 8, 9, 15] {
            let proof = find(difficulty).await.unwrap();
            assert_eq!(proof.challenge.as_slice(), b"challenge");
            let hash = Sha256::new()
                .chain_update(b"challenge")
                .chain_update(proof.solution.to_be_bytes())
                .finalize();
            let first = u64::from_be_bytes(hash[..8].try_into().unwrap());
            assert!(first.leading_zeros() >= difficulty.into(), "{difficulty}");
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn no_server_makes_a_client_work_for_long() {
        assert!(matches!(find(25).await, Err(AccountError::ProofTooHard)));
        assert!(matches!(find(u8::MAX).await, Err(AccountError::ProofTooHard)));
    }
}
