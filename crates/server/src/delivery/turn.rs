//! Joins take turns (design D3): whoever gets a group for joining has it for a moment to themselves, so
//! that many who come at once do not overtake each other for ever. First come, first served; whoever
//! does not come back for their turn loses it.

use super::queue::{Place, Queue};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use undertone_wire::{ConversationId, DeviceId};

/// How long a turn is.
const TURN: Duration = Duration::from_secs(2);
/// What one join is expected to take: a place in the queue costs as much.
const JOIN: Duration = Duration::from_millis(150);
/// Whoever waits is expected back within this after the time that they were told.
const PATIENCE: Duration = Duration::from_millis(750);
/// Doors with somebody before them, until those that are long past are forgotten.
const DOORS: usize = 4096;

/// All turns of this server.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<ConversationId, Door>>);

#[derive(Default)]
struct Door {
    /// Whose turn it is, and until when.
    turn: Option<Place>,
    waiting: Queue,
}

impl Turns {
    /// Gives the turn to a device and says how much of it is left, or how long it is to wait.
    pub(super) fn take(
        &self,
        conversation: ConversationId,
        device: DeviceId,
        now: Duration,
    ) -> Result<Duration, Duration> {
        let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if doors.len() >= DOORS {
            doors.retain(|_, door| !door.is_deserted(now));
        }
        doors.entry(conversation).or_default().take(device, now)
    }

    /// Whether the device may join now: it is nobody else's turn.
    pub(super) fn check(
        &self,
        conversation: ConversationId,
        device: DeviceId,
        now: Duration,
    ) -> Result<(), Duration> {
        let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(door) = doors.get_mut(&conversation) else {
            return Ok(());
        };
        match door.current(now) {
            Some(turn) if turn.device != device => door.take(device, now).map(|_| ()),
            _ => Ok(()),
        }
    }

    /// The device is in: it is the next one's turn.
    pub(super) fn end(&self, conversation: ConversationId, device: DeviceId) {
        let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(door) = doors.get_mut(&conversation) {
            door.turn = door.turn.filter(|turn| turn.device != device);
            if door.turn.is_none() && door.waiting.is_empty() {
                doors.remove(&conversation);
            }
        }
    }
}

impl Door {
    fn current(&mut self, now: Duration) -> Option<Place> {
        self.turn = self.turn.filter(|turn| now < turn.until);
        self.turn
    }

    fn is_deserted(&self, now: Duration) -> bool {
        self.turn.is_none_or(|turn| turn.until <= now) && self.waiting.is_past(now)
    }

    fn take(&mut self, device: DeviceId, now: Duration) -> Result<Duration, Duration> {
        let ahead = self.waiting.ahead_of(device, now);
        if let Some(turn) = self.current(now)
            && turn.device == device
        {
            return Ok(turn.until.saturating_sub(now));
        }
        if self.turn.is_none() && ahead == 0 {
            self.waiting.remove(device);
            let until = now.saturating_add(TURN);
            self.turn = Some(Place { device, until });
            return Ok(TURN);
        }
        let wait = JOIN.saturating_mul(u32::try_from(ahead).unwrap_or(u32::MAX).saturating_add(1));
        let until = now.saturating_add(wait).saturating_add(PATIENCE);
        self.waiting.expect(ahead, Place { device, until });
        Err(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::super::queue::WAITING_MAX;
    use super::*;

    const DOOR: ConversationId = ConversationId::from_bytes([1; 16]);

    fn device(number: u8) -> DeviceId {
        DeviceId::from_bytes([number; 16])
    }

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn one_after_another_in_the_order_of_coming() {
        let turns = Turns::default();
        assert_eq!(turns.take(DOOR, device(1), at(0)), Ok(TURN));
        assert_eq!(turns.take(DOOR, device(2), at(10)), Err(JOIN));
        assert_eq!(turns.take(DOOR, device(3), at(20)), Err(2 * JOIN));
        assert_eq!(
            turns.take(DOOR, device(1), at(100)),
            Ok(at(1900)),
            "its own turn does not grow"
        );
        assert_eq!(turns.check(DOOR, device(3), at(110)), Err(2 * JOIN));
        assert_eq!(turns.check(DOOR, device(1), at(110)), Ok(()));
        turns.end(DOOR, device(1));
        assert_eq!(
            turns.take(DOOR, device(3), at(120)),
            Err(2 * JOIN),
            "after the second"
        );
        assert_eq!(turns.take(DOOR, device(2), at(130)), Ok(TURN));
        turns.end(DOOR, device(3));
        assert_eq!(
            turns.take(DOOR, device(3), at(140)),
            Err(JOIN),
            "nobody ends another's turn"
        );
        turns.end(DOOR, device(2));
        assert_eq!(turns.take(DOOR, device(3), at(150)), Ok(TURN));
    }

    #[test]
    fn who_does_not_come_back_loses_the_turn() {
        let turns = Turns::default();
        turns.take(DOOR, device(1), at(0)).unwrap();
        turns.take(DOOR, device(2), at(0)).unwrap_err();
        let second = turns.take(DOOR, device(3), at(1900)).unwrap_err();
        assert_eq!(second, JOIN, "the one before it was not heard of any more");
        assert_eq!(
            turns.take(DOOR, device(3), at(2001)),
            Ok(TURN),
            "the first turn is over"
        );
        assert_eq!(
            turns.check(ConversationId::from_bytes([2; 16]), device(9), at(2001)),
            Ok(())
        );
    }

    #[test]
    fn a_queue_and_the_number_of_doors_are_bounded() {
        let turns = Turns::default();
        for number in 0..=u32::try_from(WAITING_MAX).unwrap() + 100 {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            let is_first = turns.take(DOOR, DeviceId::from_bytes(id), at(0)).is_ok();
            assert_eq!(is_first, number == 0);
        }
        assert_eq!(turns.0.lock().unwrap()[&DOOR].waiting.len(), WAITING_MAX);
        for number in 0..2 * u32::try_from(DOORS).unwrap() {
            let mut id = [7; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            let door = ConversationId::from_bytes(id);
            turns
                .take(door, device(1), at(10_000_000 + u64::from(number) * 10))
                .unwrap();
        }
        assert!(turns.0.lock().unwrap().len() <= DOORS);
    }
}
