//! Devices that wait for their turn in one conversation, each with the time until which it is expected back.
//! What a turn is, and how long one takes, is said in [`super::turn`] and [`super::pace`].

use std::collections::VecDeque;
use std::time::Duration;
use undertone_wire::DeviceId;

/// Devices that wait at once; later ones are told to come again, and keep no place.
pub(super) const WAITING_MAX: usize = 2000;

/// First come, first served; whoever does not come back in time loses the place.
#[derive(Default)]
pub(super) struct Queue(VecDeque<Place>);

/// A device, and until when it is waited for.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) device: DeviceId,
    pub(super) until: Duration,
}

impl Queue {
    /// How many are ahead of a device that comes now: those who did not come back in time are not.
    pub(super) fn ahead_of(&mut self, device: DeviceId, now: Duration) -> usize {
        self.0.retain(|place| now < place.until);
        let position = self.0.iter().position(|place| place.device == device);
        position.unwrap_or(self.0.len())
    }

    /// The device with so many ahead of it keeps its place, or gets one while there is room.
    pub(super) fn expect(&mut self, ahead: usize, back: Place) {
        let has_room = self.0.len() < WAITING_MAX;
        match self.0.get_mut(ahead) {
            Some(place) => place.until = back.until,
            None if has_room => self.0.push_back(back),
            None => {}
        }
    }

    /// The device waits no more.
    pub(super) fn remove(&mut self, device: DeviceId) {
        self.0.retain(|place| place.device != device);
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether nobody is expected any more.
    pub(super) fn is_past(&self, now: Duration) -> bool {
        self.0.iter().all(|place| place.until <= now)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
