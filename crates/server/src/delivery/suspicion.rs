//! Commits that devices say they cannot process. The server cannot tell by itself whether a commit's
//! secrets are right; it waits a moment for somebody else to acknowledge it, and undoes it if nobody
//! does (design D3).

use crate::store::commit::Suspect;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use undertone_wire::{ConversationId, DeviceId, Sequence};

/// How long others have to acknowledge a commit that somebody cannot process.
const GRACE: Duration = Duration::from_secs(3);
/// Commits under suspicion at once. Reports beyond are dropped: their devices report again when they
/// connect again.
const SUSPECTS_MAX: usize = 10_000;

/// The reports that wait.
#[derive(Default)]
pub(super) struct Suspicion(Mutex<BTreeMap<Suspect, Report>>);

struct Report {
    due: Duration,
    /// The device that sent the commit.
    sender: DeviceId,
    by: BTreeSet<DeviceId>,
}

impl Suspicion {
    /// A device cannot process a commit of `sender`.
    pub(super) fn report(&self, suspect: Suspect, sender: DeviceId, by: DeviceId, now: Duration) {
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reports.len() < SUSPECTS_MAX || reports.contains_key(&suspect) {
            let report = reports.entry(suspect).or_insert(Report {
                due: now.saturating_add(GRACE),
                sender,
                by: BTreeSet::new(),
            });
            report.by.insert(by);
        }
    }

    /// Whose commits of a conversation are under suspicion, and how long the last of them will be.
    pub(super) fn suspected(
        &self,
        conversation: ConversationId,
        now: Duration,
    ) -> Option<(BTreeSet<DeviceId>, Duration)> {
        let reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [first, last] = [0, u64::MAX].map(|sequence| Suspect {
            conversation,
            sequence: Sequence(sequence),
        });
        let of_conversation = || reports.range(first..=last).map(|(_, report)| report);
        let due = of_conversation().map(|report| report.due).max()?;
        let senders = of_conversation().map(|report| report.sender).collect();
        Some((senders, due.saturating_sub(now)))
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

    #[test]
    fn a_commit_is_judged_once_after_its_grace() {
        let suspicion = Suspicion::default();
        let suspect = |sequence| Suspect {
            conversation: ConversationId::from_bytes([1; 16]),
            sequence: Sequence(sequence),
        };
        let device = |number| DeviceId::from_bytes([number; 16]);
        let second = Duration::from_secs(1);
        suspicion.report(suspect(5), device(8), device(1), Duration::ZERO);
        suspicion.report(suspect(5), device(8), device(2), 2 * second);
        suspicion.report(suspect(6), device(9), device(1), 2 * second);
        let here = suspect(5).conversation;
        let both = BTreeSet::from([device(8), device(9)]);
        assert_eq!(suspicion.suspected(here, 2 * second), Some((both, GRACE)));
        let elsewhere = ConversationId::from_bytes([2; 16]);
        assert_eq!(suspicion.suspected(elsewhere, 2 * second), None);
        assert!(suspicion.due(2 * second).is_empty());
        assert_eq!(
            suspicion.due(GRACE),
            [(suspect(5), BTreeSet::from([device(1), device(2)]))]
        );
        assert!(suspicion.due(GRACE).is_empty());
        assert_eq!(suspicion.due(GRACE + 2 * second).len(), 1);
    }
}
