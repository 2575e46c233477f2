//! What a conversation permits and keeps, as it is printed to those inside and to those who come.

use crate::args::Seconds;
use serde::Serialize;
use undertone_client_core::view::{ConversationView, RoomDoorView};
use undertone_wire::content::{Expiry, HistorySharing};

/// Part of `room info` and `room join`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct TermsResult {
    pub(in crate::command) people: u32,
    pub(in crate::command) capacity: u32,
    pub(in crate::command) timer: Option<Expiry>,
    pub(in crate::command) history: HistorySharing,
    pub(in crate::command) slow_mode_seconds: u32,
    pub(in crate::command) retention_seconds: Option<u32>,
}

impl From<&ConversationView> for TermsResult {
    fn from(view: &ConversationView) -> Self {
        Self {
            people: view.people,
            capacity: view.capacity,
            timer: view.timer,
            history: view.history,
            slow_mode_seconds: view.slow_mode_seconds,
            retention_seconds: view.retention_seconds,
        }
    }
}

impl From<&RoomDoorView> for TermsResult {
    fn from(view: &RoomDoorView) -> Self {
        Self {
            people: view.people,
            capacity: view.capacity,
            timer: view.timer,
            history: view.history,
            slow_mode_seconds: view.slow_mode_seconds,
            retention_seconds: Some(view.retention_seconds),
        }
    }
}

impl TermsResult {
    /// A line for each.
    pub(in crate::command) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{} of at most {} people", self.people, self.capacity)];
        lines.extend(match self.timer {
            Some(Expiry::AfterSent(length)) => Some(format!(
                "Messages vanish {} after they were sent",
                Seconds(length)
            )),
            Some(Expiry::AfterRead(length)) => Some(format!(
                "Messages vanish {} after they were read",
                Seconds(length)
            )),
            None => None,
        });
        lines.push(match self.history {
            HistorySharing::Nothing => "Those who join see what is written from then on".to_owned(),
            HistorySharing::Messages(count) => format!("Those who join get the last {count} messages"),
            HistorySharing::Hours(hours) => format!("Those who join get the messages of the last {hours}h"),
        });
        lines.push(match self.retention_seconds {
            Some(length) => format!("The server keeps what nobody fetched for {}", Seconds(length)),
            None => "The server keeps what nobody fetched as long as it keeps anything".to_owned(),
        });
        if self.slow_mode_seconds > 0 {
            let length = Seconds(self.slow_mode_seconds);
            lines.push(format!("Slow mode: {length} between two messages"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_term_has_a_line() {
        let mut terms = TermsResult {
            people: 2,
            capacity: 30,
            timer: Some(Expiry::AfterSent(86_400)),
            history: HistorySharing::Messages(50),
            slow_mode_seconds: 10,
            retention_seconds: Some(3600),
        };
        assert_eq!(
            terms.lines(),
            [
                "2 of at most 30 people",
                "Messages vanish 1d after they were sent",
                "Those who join get the last 50 messages",
                "The server keeps what nobody fetched for 1h",
                "Slow mode: 10s between two messages",
            ]
        );
        terms.timer = Some(Expiry::AfterRead(90));
        terms.history = HistorySharing::Hours(12);
        assert_eq!(
            terms.lines()[1..3],
            [
                "Messages vanish 90s after they were read",
                "Those who join get the messages of the last 12h"
            ]
        );
        terms = TermsResult {
            timer: None,
            history: HistorySharing::Nothing,
            slow_mode_seconds: 0,
            retention_seconds: None,
            ..terms
        };
        assert_eq!(
            terms.lines(),
            [
                "2 of at most 30 people",
                "Those who join see what is written from then on",
                "The server keeps what nobody fetched as long as it keeps anything",
            ]
        );
    }
}
