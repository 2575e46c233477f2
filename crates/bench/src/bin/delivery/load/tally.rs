//! What arrived, and how late: counters that all clients share. Latencies are counted in buckets that are
//! exact to three in a hundred.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Buckets: 64 of a microsecond, then 32 for each doubling.
const BUCKETS: usize = 64 + 32 * 40;

/// See the module.
#[derive(Debug)]
pub(crate) struct Tally {
    began: AtomicU64,
    last: AtomicU64,
    delivered: AtomicU64,
    refused: AtomicU64,
    closed: AtomicU64,
    latencies: Vec<AtomicU64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            began: AtomicU64::new(0),
            last: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            closed: AtomicU64::new(0),
            latencies: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Tally {
    /// Begins to count anew: what is due before `now` does not count.
    pub(crate) fn begin(&self, now: u64) {
        self.began.store(now, Relaxed);
        for counter in [&self.last, &self.delivered, &self.refused, &self.closed] {
            counter.store(0, Relaxed);
        }
        for bucket in &self.latencies {
            bucket.store(0, Relaxed);
        }
    }

    /// A delivery of what was due at `due` came at `now`.
    pub(crate) fn arrived(&self, due: u64, now: u64) {
        if due < self.began.load(Relaxed) {
            return;
        }
        self.delivered.fetch_add(1, Relaxed);
        self.last.store(now, Relaxed);
        let microseconds = now.saturating_sub(due) / 1000;
        if let Some(bucket) = self.latencies.get(bucket_of(microseconds)) {
            bucket.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn note_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn note_closed(&self) {
        self.closed.fetch_add(1, Relaxed);
    }

    pub(crate) fn delivered(&self) -> u64 {
        self.delivered.load(Relaxed)
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    pub(crate) fn closed(&self) -> u64 {
        self.closed.load(Relaxed)
    }

    pub(crate) fn began_nanoseconds(&self) -> u64 {
        self.began.load(Relaxed)
    }

    pub(crate) fn last_nanoseconds(&self) -> u64 {
        self.last.load(Relaxed)
    }

    /// The latency that this part of all deliveries did not exceed.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts and microseconds of a benchmark are far below 2^52"
    )]
    pub(crate) fn latency_ms(&self, part: f64) -> f64 {
        let wanted = (self.delivered() as f64 * part).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (index, bucket) in self.latencies.iter().enumerate() {
            seen += bucket.load(Relaxed);
            if seen >= wanted {
                return upper_end(index) as f64 / 1000.0;
            }
        }
        0.0
    }
}

fn bucket_of(microseconds: u64) -> usize {
    if microseconds < 64 {
        return usize::try_from(microseconds).unwrap_or(0);
    }
    let exponent = microseconds.ilog2();
    let within = (microseconds >> (exponent - 5)) & 31;
    let index = 64 + u64::from(exponent - 6) * 32 + within;
    usize::try_from(index).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// The largest number of microseconds that falls into the bucket.
fn upper_end(index: usize) -> u64 {
    let index = u64::try_from(index).unwrap_or(0);
    if index < 64 {
        return index;
    }
    let (doubling, within) = ((index - 64) / 32, (index - 64) % 32);
    ((33 + within) << (doubling + 1)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_holds_what_falls_into_it() {
        for microseconds in (0..100_000).chain([1 << 30, (1 << 40) + 12345]) {
            let end = upper_end(bucket_of(microseconds));
            assert!(end >= microseconds, "{microseconds}: {end}");
            assert!(end - microseconds <= microseconds / 31, "{microseconds}: {end}");
        }
    }

    #[test]
    fn what_was_due_before_does_not_count() {
        let tally = Tally::default();
        tally.begin(1000);
        tally.arrived(999, 5000);
        assert_eq!(tally.delivered(), 0);
        for latency in [1_000_000, 2_000_000, 30_000_000] {
            tally.arrived(1000, 1000 + latency);
        }
        assert_eq!(tally.delivered(), 3);
        assert!((1.9..2.1).contains(&tally.latency_ms(0.5)));
        assert!((29.0..31.0).contains(&tally.latency_ms(0.99)));
    }
}
