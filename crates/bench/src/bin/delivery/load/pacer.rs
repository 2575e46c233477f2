//! Gives messages to the clients at their due instants: on a thread of its own, since the runtime's timers
//! are too coarse for latencies below a millisecond.

use super::client::Client;
use crate::order::{Crowd, Flow};
use crate::stopwatch::Stopwatch;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Steps through the clients so that neighbours write to different rooms.
const STRIDE: usize = 7919;
/// Messages of a client that floods which may wait in its socket's queue.
const FLOOD_AHEAD: usize = 64;

/// See the module.
pub(super) struct Pacer {
    pub(super) clients: Arc<Vec<Client>>,
    pub(super) crowd: Arc<Crowd>,
    pub(super) watch: Stopwatch,
    pub(super) flow: Flow,
}

/// What was given out.
pub(super) struct Paced {
    pub(super) messages: u64,
    pub(super) expected: u64,
}

impl Pacer {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts and nanoseconds of a benchmark are far below 2^52"
    )]
    pub(super) fn run(self) -> Paced {
        let begin = self.watch.nanoseconds();
        let count = (self.flow.rate * self.flow.seconds).ceil() as u64;
        let mut paced = Paced {
            messages: 0,
            expected: 0,
        };
        let mut turn = 0;
        while paced.messages < count {
            self.flood();
            let due = begin + (paced.messages as f64 / self.flow.rate * 1e9) as u64;
            let now = self.watch.nanoseconds();
            if due > now {
                let wait = Duration::from_nanos(due - now);
                thread::sleep(wait.min(Duration::from_millis(1)));
                continue;
            }
            paced.expected += self.give(turn, due);
            paced.messages += 1;
            turn += 1;
        }
        paced
    }

    /// Gives the next message to whose turn it is; how many get it.
    fn give(&self, turn: usize, due: u64) -> u64 {
        let crowd = self.clients.len().max(1);
        let place = turn.wrapping_mul(STRIDE) % crowd;
        let place = match self.flow.flood {
            Some(flooding) if flooding == place => (place + 1) % crowd,
            _ => place,
        };
        let Some(client) = self.clients.get(place) else {
            return 0;
        };
        client.write(due);
        self.crowd.rooms.get(client.room).map_or(0, |room| room.members)
    }

    /// Keeps the client busy that floods. What is due at no instant is not measured.
    fn flood(&self) {
        let Some(client) = self.flow.flood.and_then(|place| self.clients.get(place)) else {
            return;
        };
        while client.waiting() < FLOOD_AHEAD {
            client.write(0);
        }
    }
}
