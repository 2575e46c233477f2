//! When which device is woken: at once, and then not again until it was here or half a minute has passed.
//! It knows no database, no push service and no clock.

use std::collections::HashMap;
use std::time::Duration;
use undertone_wire::DeviceId;

/// A device that was woken and did not come is not woken again before this.
const QUIET: Duration = Duration::from_secs(30);
/// Devices that are remembered at once; beyond, some are not woken.
const DEVICES_MAX: usize = 100_000;
/// A push service that is busy so often in a row is left alone until something new comes.
const FAILURES_MAX: u32 = 8;
/// The longest wait after a failure.
const WAIT_MAX: Duration = Duration::from_hours(1);

/// All devices that are to be woken, or were a moment ago.
#[derive(Debug, Default)]
pub(super) struct Schedule(HashMap<DeviceId, Wake>);

#[derive(Debug, Clone, Copy, Default)]
struct Wake {
    /// Whether something came since it was woken.
    is_owed: bool,
    /// It is not woken before.
    from: Duration,
    /// How often in a row the push service was busy.
    failures: u32,
}

impl Schedule {
    /// Something waits for a device that is not here. False, if it cannot be remembered.
    pub(super) fn owe(&mut self, device: DeviceId) -> bool {
        if self.0.len() >= DEVICES_MAX && !self.0.contains_key(&device) {
            return false;
        }
        self.0.entry(device).or_default().is_owed = true;
        true
    }

    /// The device is here: nothing is owed, and when it goes it is woken at once.
    pub(super) fn arrived(&mut self, device: DeviceId) {
        if let Some(wake) = self.0.get_mut(&device) {
            wake.is_owed = false;
            // A push service that is busy is so for whoever asks.
            if wake.failures == 0 {
                self.0.remove(&device);
            }
        }
    }

    /// Up to so many of the devices that are to be woken now.
    pub(super) fn due(&mut self, now: Duration, count: usize) -> Vec<DeviceId> {
        self.0
            .retain(|_, wake| wake.is_owed || now < wake.from.saturating_add(WAIT_MAX));
        let due = self
            .0
            .iter_mut()
            .filter(|(_, wake)| wake.is_owed && wake.from <= now);
        due.take(count)
            .map(|(device, wake)| {
                (wake.is_owed, wake.from) = (false, now.saturating_add(QUIET));
                *device
            })
            .collect()
    }

    /// The push service took it.
    pub(super) fn took(&mut self, device: DeviceId) {
        if let Some(wake) = self.0.get_mut(&device) {
            wake.failures = 0;
        }
    }

    /// The push service was busy: it is tried again, later each time.
    pub(super) fn failed(&mut self, device: DeviceId, asked: Option<Duration>, now: Duration) {
        let wake = self.0.entry(device).or_default();
        wake.failures = wake.failures.saturating_add(1);
        let wait = QUIET.saturating_mul(1 << wake.failures.min(FAILURES_MAX).saturating_sub(1));
        wake.from = now.saturating_add(wait.max(asked.unwrap_or_default()).min(WAIT_MAX));
        wake.is_owed = wake.is_owed || wake.failures < FAILURES_MAX;
    }

    /// The device has no subscription any more.
    pub(super) fn forget(&mut self, device: DeviceId) {
        self.0.remove(&device);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: u8) -> DeviceId {
        DeviceId::from_bytes([number; 16])
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_device_is_woken_once_until_it_comes_or_half_a_minute_has_passed() {
        let mut schedule = Schedule::default();
        for _ in 0..3 {
            assert!(schedule.owe(device(1)));
        }
        assert_eq!(schedule.due(at(0), DEVICES_MAX), [device(1)]);
        assert_eq!(schedule.due(at(60), DEVICES_MAX), [], "nothing came since");
        schedule.owe(device(2));
        assert_eq!(schedule.due(at(60), DEVICES_MAX), [device(2)]);
        schedule.owe(device(2));
        assert_eq!(schedule.due(at(89), DEVICES_MAX), []);
        assert_eq!(
            schedule.due(at(90), DEVICES_MAX),
            [device(2)],
            "what came meanwhile is not forgotten"
        );
        schedule.owe(device(2));
        schedule.arrived(device(2));
        assert_eq!(schedule.due(at(200), DEVICES_MAX), []);
        schedule.owe(device(2));
        assert_eq!(
            schedule.due(at(91), DEVICES_MAX),
            [device(2)],
            "it was here since"
        );
    }

    #[test]
    fn a_busy_push_service_is_asked_later_and_later_and_then_left_alone() {
        let mut schedule = Schedule::default();
        schedule.owe(device(1));
        let (mut now, mut waits) = (0, Vec::new());
        while schedule.due(at(now), DEVICES_MAX) == [device(1)] {
            schedule.failed(device(1), None, at(now));
            let wait = (0..4000)
                .find(|wait| schedule.0[&device(1)].from <= at(now + wait))
                .unwrap();
            waits.push(wait);
            now += wait;
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600]);
        schedule.owe(device(1));
        assert_eq!(
            schedule.due(at(now), DEVICES_MAX),
            [device(1)],
            "something new came"
        );
        schedule.took(device(1));
        schedule.failed(device(1), Some(at(100)), at(now));
        schedule.arrived(device(1));
        schedule.owe(device(1));
        assert_eq!(
            schedule.due(at(now + 99), DEVICES_MAX),
            [],
            "also after it was here"
        );
        assert_eq!(schedule.due(at(now + 100), DEVICES_MAX), [device(1)]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut schedule = Schedule::default();
        let numbered = |number: usize| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_be_bytes());
            DeviceId::from_bytes(id)
        };
        for number in 0..DEVICES_MAX {
            assert!(schedule.owe(numbered(number)));
        }
        assert!(!schedule.owe(numbered(DEVICES_MAX)));
        assert!(schedule.owe(numbered(7)), "it is known");
        assert_eq!(schedule.due(at(0), DEVICES_MAX).len(), DEVICES_MAX);
        assert_eq!(schedule.due(at(3 * 3600), DEVICES_MAX), []);
        assert!(schedule.0.is_empty());
        schedule.owe(device(1));
        schedule.forget(device(1));
        assert_eq!(schedule.due(at(0), DEVICES_MAX), []);
    }
}
