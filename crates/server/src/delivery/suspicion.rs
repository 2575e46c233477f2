//! Commits that devices say they cannot process. The server cannot tell by itself whether a commit's
//! secrets are right; it waits a moment for somebody else to acknowledge it, and undoes it if nobody
//! does (design D3).

use crate::store::commit::Suspect;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use undertone_wire::DeviceId;

/// How long others have to acknowledge a commit that somebody cannot process.
pub(super) const GRACE: Duration = Duration::from_secs(3);
/// Commits under suspicion at once. Reports beyond are dropped: their devices report again when they
/// connect again.
const SUSPECTS_MAX: usize = 10_000;

/// The reports that wait.
#[derive(Default)]
pub(super) struct Suspicion(Mutex<BTreeMap<Suspect, Report>>);

struct Report {
    due: Duration,
    by: BTreeSet<DeviceId>,
}

impl Suspicion {
    /// A device cannot process a commit.
    pub(super) fn report(&self, suspect: Suspect, by: DeviceId, now: Duration) {
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reports.len() < SUSPECTS_MAX || reports.contains_key(&suspect) {
            let due = now.saturating_add(GRACE);
            let by_none = BTreeSet::new();
            reports.entry(suspect).or_insert(Report { due, by: by_none }).by.insert(by);
        }
    }

    /// The commits whose time has come, with those who reported each.
    pub(super) fn due(&self, now: Duration) -> Vec<(Suspect, BTreeSet<DeviceId>)> {
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = reports.extract_if(.., |_, report| report.due <= now);
        due.map(|(suspect, report)| (suspect, report.by)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_wire::{ConversationId, Sequence};

    #[test]
    fn a_commit_is_judged_once_after_its_grace() {
        let suspicion = Suspicion::default();
        let suspect = |sequence| Suspect {
            conversation: ConversationId::from_bytes([1; 16]),
            sequence: Sequence(sequence),
        };
        let device = |number| DeviceId::from_bytes([number; 16]);
        let second = Duration::from_secs(1);
        suspicion.report(suspect(5), device(1), Duration::ZERO);
        suspicion.report(suspect(5), device(2), 2 * second);
        suspicion.report(suspect(6), device(1), 2 * second);
        assert!(suspicion.due(2 * second).is_empty());
        assert_eq!(
            suspicion.due(GRACE),
            [(suspect(5), BTreeSet::from([device(1), device(2)]))]
        );
        assert!(suspicion.due(GRACE).is_empty());
        assert_eq!(suspicion.due(GRACE + 2 * second).len(), 1);
    }
}
