//! What the server says over a living connection, frame by frame.

use super::{HEADS_EVERY, HOLD_AFTER_STALE, Live, RENEW_BEFORE, RENEW_EVERY_AT_LEAST};
use crate::change::Change;
use crate::conversation::join::{self, Joined};
use crate::conversation::{certificate, ended, external, group_info, room};
use crate::error::ClientError;
use crate::message::{clock, pace, signals};
use crate::sync::inbox::{self, Incoming};
use crate::sync::outbox::Verdict;
use crate::sync::pending::after;
use crate::sync::resync;
use crate::sync::rollback::Checked;
use crate::testing::INBOX_AFTER_COMMIT_BEFORE_ACK;
use crate::transport::TransportError;
use futures::FutureExt;
use std::collections::BTreeSet;
use std::time::Duration;
use undertone_wire::conversation::PendingWelcome;
use undertone_wire::limits::{PING_DEADLINE, SERVER_FRAME_BYTES_MAX};
use undertone_wire::stream::{Acknowledge, Authenticated, ServerFrame};
use undertone_wire::{ConversationId, ErrorBody, ErrorCode, codec};

/// So many frames that have arrived are processed in one transaction.
const FRAMES_AT_ONCE: usize = 64;
/// After a part of a log that brought nothing new.
const NO_PROGRESS: Duration = Duration::from_secs(2);

impl Live {
    /// Takes a frame and all that have arrived behind it.
    pub(super) fn receive(&mut self, first: &[u8]) -> Result<(), ClientError> {
        self.heard_by_ms = after(self.now(), PING_DEADLINE);
        let mut frames = vec![decode(first)?];
        while frames.len() < FRAMES_AT_ONCE {
            match self.receiver.receive().now_or_never() {
                Some(Ok(Some(bytes))) => frames.push(decode(&bytes)?),
                // An end or a failure is reported again by the next call.
                Some(Ok(None) | Err(_)) | None => break,
            }
        }
        let mut batch = Vec::new();
        let mut pages = BTreeSet::new();
        for frame in frames {
            match frame {
                // The log is read when it was compared.
                ServerFrame::Entry(entry) if self.pending.checks.contains_key(&entry.conversation) => {}
                ServerFrame::Entry(entry) => batch.push(Incoming::Entry(entry)),
                ServerFrame::Accepted(accepted) => {
                    self.pending
                        .expect(accepted.conversation, accepted.sequence, self.now());
                    batch.push(Incoming::Accepted(accepted));
                }
                ServerFrame::Refused(refused) => batch.push(Incoming::Refused(refused)),
                ServerFrame::Voided(at) => batch.push(Incoming::Voided(at)),
                ServerFrame::Stands(at) => batch.push(Incoming::Stands(at)),
                ServerFrame::Closed(conversation) => batch.push(Incoming::Closed(conversation)),
                ServerFrame::Log(page) => {
                    self.pending.fetched(page.conversation);
                    pages.insert(page.conversation);
                    batch.push(match self.pending.checks.get(&page.conversation) {
                        Some(check) => Incoming::Check(*check, page),
                        None => Incoming::Page(page),
                    });
                }
                other => {
                    self.apply(std::mem::take(&mut batch))?;
                    self.other(other)?;
                }
            }
        }
        self.apply(batch)?;
        self.rest_without_progress(pages);
        Ok(())
    }

    /// A log that was read and did not go on is not asked for at once again.
    fn rest_without_progress(&mut self, pages: BTreeSet<ConversationId>) {
        for conversation in pages {
            if self.pending.behind.contains(&conversation) && !self.progressed.contains(&conversation) {
                self.pending.hold(conversation, after(self.now(), NO_PROGRESS));
            }
        }
        self.progressed.clear();
    }

    pub(super) fn apply(&mut self, batch: Vec<Incoming>) -> Result<(), ClientError> {
        if batch.is_empty() {
            return Ok(());
        }
        for incoming in &batch {
            if let Incoming::Voided(at) | Incoming::Stands(at) = incoming {
                self.pending.unstick(at.conversation);
            }
        }
        let outcome = inbox::apply(&self.core, batch)?;
        if !outcome.advanced.is_empty() {
            self.core.checkpoints.reach(INBOX_AFTER_COMMIT_BEFORE_ACK)?;
        }
        self.pending.behind.extend(outcome.behind);
        for conversation in outcome.answered {
            self.pending.answered(conversation);
        }
        for (conversation, verdict) in outcome.verdicts {
            self.obey(conversation, verdict)?;
        }
        for (conversation, sequence) in outcome.stuck {
            self.pending.stick(conversation, sequence, self.now());
        }
        if outcome.lost {
            external::resume(&self.core);
        }
        for (conversation, checked) in outcome.checked {
            self.checked(conversation, checked);
        }
        for (conversation, sequence) in outcome.advanced {
            self.pending.release(conversation);
            self.pending.unstick(conversation);
            self.progressed.insert(conversation);
            self.acknowledge_soon(conversation, sequence);
        }
        Ok(())
    }

    /// A log was compared: it is read from where this device is now.
    fn checked(&mut self, conversation: ConversationId, checked: Checked) {
        match checked {
            Checked::GoesOn(check) => {
                self.pending.checks.insert(conversation, check);
                return;
            }
            // The server did not know.
            Checked::Same(at) => self.acknowledge_soon(conversation, at),
            Checked::Back => {}
        }
        self.pending.checks.remove(&conversation);
        self.pending.behind.insert(conversation);
        self.progressed.insert(conversation);
    }

    fn obey(&mut self, conversation: ConversationId, verdict: Verdict) -> Result<(), ClientError> {
        let hold = match verdict {
            Verdict::Failed => return Ok(()),
            Verdict::Reconnect => {
                self.core.account.forget_access_token();
                return Err(TransportError::Closed.into());
            }
            Verdict::ReadLog => {
                self.pending.behind.insert(conversation);
                HOLD_AFTER_STALE
            }
            Verdict::Wait(wait) => wait,
            Verdict::TooFast(wait) => {
                pace::held_back(&self.core, conversation, wait)?;
                wait
            }
        };
        self.pending.hold(conversation, after(self.now(), hold));
        Ok(())
    }

    fn other(&mut self, frame: ServerFrame) -> Result<(), ClientError> {
        match frame {
            ServerFrame::Welcome(welcome) => self.welcome(&welcome),
            ServerFrame::Presence(presence) => signals::presence_changed(&self.core, presence),
            ServerFrame::Signal(sealed) => signals::receive(&self.core, &sealed),
            ServerFrame::Pong => {
                self.welcomes_seen = true;
                Ok(())
            }
            ServerFrame::Authenticated(authenticated) => self.authenticated(&authenticated, false),
            ServerFrame::Error(body) => self.error(body),
            ServerFrame::Knock(conversation) => {
                *self.core.knocks.borrow_mut().entry(conversation).or_default() += 1;
                self.core.publish(Change::Conversations);
                Ok(())
            }
            ServerFrame::KnockRefused(conversation) => room::knock_refused(&self.core, conversation),
            ServerFrame::GroupInfoWanted(conversation) => {
                group_info::replace(&self.core, conversation);
                Ok(())
            }
            ServerFrame::Voided(_)
            | ServerFrame::Stands(_)
            | ServerFrame::Closed(_)
            | ServerFrame::Entry(_)
            | ServerFrame::Accepted(_)
            | ServerFrame::Refused(_)
            | ServerFrame::Log(_) => Err(ClientError::Protocol(None)),
        }
    }

    fn welcome(&mut self, welcome: &PendingWelcome) -> Result<(), ClientError> {
        let joined = join::join(&self.core, welcome)?;
        if joined == Joined::Yes {
            // What came between the Welcome and now.
            self.pending.behind.insert(welcome.conversation);
            self.heads_at_ms = self.now();
        }
        if joined != Joined::KeyChanged {
            self.joined.push(Acknowledge {
                conversation: welcome.conversation,
                sequence: welcome.sequence,
            });
        }
        Ok(())
    }

    /// The server says where everything stands; at the beginning, and whenever it was asked anew.
    pub(super) fn authenticated(
        &mut self,
        authenticated: &Authenticated,
        begins: bool,
    ) -> Result<(), ClientError> {
        clock::heard(&self.core, authenticated.now)?;
        certificate::renew_leaves(&self.core)?;
        let plan = resync::plan(&self.core, &authenticated.heads, begins)?;
        self.pending.checks.extend(plan.check);
        self.pending.goals.extend(plan.goals);
        self.pending.behind.extend(plan.behind);
        for (conversation, sequence) in plan.acknowledge {
            self.acknowledge_soon(conversation, sequence);
        }
        for presence in &authenticated.presence {
            signals::presence_changed(&self.core, *presence)?;
        }
        signals::connected(&self.core)?;
        ended::look(&self.core, begins);
        if external::must_resume(&self.core)? {
            external::resume(&self.core);
        }
        // The token must be renewed before it ends, by the server's clock and counted on ours.
        let left = authenticated.expires_at.since(authenticated.now);
        let wait = left.saturating_sub(RENEW_BEFORE).max(RENEW_EVERY_AT_LEAST);
        self.renew_at_ms = after(self.now(), wait);
        self.heads_at_ms = after(self.now(), HEADS_EVERY);
        Ok(())
    }

    /// Some errors end the connection; others only say no to one frame.
    fn error(&mut self, body: ErrorBody) -> Result<(), ClientError> {
        match body.code {
            ErrorCode::RateLimited | ErrorCode::Unavailable | ErrorCode::Internal | ErrorCode::NotFound => {
                if let Some(conversation) = body.conversation {
                    let wait = body
                        .retry_after_ms
                        .map_or(HOLD_AFTER_STALE, Duration::from_millis);
                    self.pending.fetched(conversation);
                    self.pending.hold(conversation, after(self.now(), wait));
                    if body.code == ErrorCode::NotFound {
                        self.pending.checks.remove(&conversation);
                        self.apply(vec![Incoming::NotInside(conversation)])?;
                    } else {
                        self.pending.behind.insert(conversation);
                    }
                }
                Ok(())
            }
            _ => Err(ClientError::Disconnected(body)),
        }
    }
}

fn decode(bytes: &[u8]) -> Result<ServerFrame, ClientError> {
    if bytes.len() > SERVER_FRAME_BYTES_MAX {
        return Err(ClientError::Protocol(None));
    }
    codec::from_cbor(bytes).map_err(|error| ClientError::Protocol(Some(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_wire::conversation::PendingWelcome;
    use undertone_wire::limits::{RATCHET_TREE_BYTES_MAX, WELCOME_BYTES_MAX};
    use undertone_wire::{DeviceId, Sequence, Timestamp};

    #[test]
    fn a_welcome_into_a_full_group_is_read_and_nothing_larger() {
        let welcome = |tree: usize| {
            let welcome = PendingWelcome {
                conversation: ConversationId::from_bytes([1; 16]),
                sequence: Sequence(u64::MAX),
                sender: DeviceId::from_bytes([2; 16]),
                sent_at: Timestamp::from_millis(u64::MAX),
                welcome: vec![3; WELCOME_BYTES_MAX].into(),
                ratchet_tree: vec![4; tree].into(),
            };
            codec::to_cbor(&ServerFrame::Welcome(welcome)).unwrap()
        };
        assert!(decode(&welcome(RATCHET_TREE_BYTES_MAX)).is_ok());
        assert!(decode(&welcome(RATCHET_TREE_BYTES_MAX + SERVER_FRAME_BYTES_MAX)).is_err());
    }
}
