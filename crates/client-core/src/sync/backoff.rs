//! How long to wait before the next try: twice as long each time, up to half a minute, and never the
//! same for two clients, so that they do not all come back at once.

use rand::Rng;
use std::time::Duration;

const FIRST_MS: u64 = 500;
const LONGEST_MS: u64 = 30_000;

/// The wait after so many failures in a row: between half of the full wait and all of it.
pub(crate) fn delay(failures: u32, rng: &mut impl Rng) -> Duration {
    let doubled = FIRST_MS.saturating_mul(2_u64.saturating_pow(failures.saturating_sub(1)));
    let full = doubled.min(LONGEST_MS);
    Duration::from_millis(rng.gen_range(full / 2..=full))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn waits_grow_to_half_a_minute_and_differ() {
        let mut rng = StdRng::seed_from_u64(1);
        for (failures, longest) in [
            (0, 500),
            (1, 500),
            (2, 1000),
            (5, 8000),
            (7, 30_000),
            (u32::MAX, 30_000),
        ] {
            for _ in 0..50 {
                let wait = delay(failures, &mut rng).as_millis();
                assert!((longest / 2..=longest).contains(&wait), "{failures}: {wait}");
            }
        }
        assert_ne!(delay(9, &mut rng), delay(9, &mut rng));
    }
}
