//! Checkpoints: named points between persisting, sending, acknowledging and merging at which a test
//! may end the client as if it had been killed. Without the feature `testing` they are nothing.

/// A test ended the client: nothing more is stored or sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client was ended")]
pub struct Killed;

/// All points, in the order in which a message passes them.
pub const CHECKPOINTS: &[&str] = &[
    SEND_BEFORE_QUEUE,
    SEND_AFTER_QUEUE,
    SEND_BEFORE_PERSIST,
    SEND_AFTER_PERSIST,
    SEND_BEFORE_WIRE,
    SEND_AFTER_WIRE,
    ACCEPTED_BEFORE_COMMIT,
    ACCEPTED_AFTER_COMMIT,
    INBOX_BEFORE_COMMIT,
    INBOX_AFTER_COMMIT_BEFORE_ACK,
    ACK_AFTER_WIRE,
    WELCOME_BEFORE_COMMIT,
    WELCOME_AFTER_COMMIT_BEFORE_ACK,
    CREATE_BEFORE_PERSIST,
    CREATE_BEFORE_WIRE,
    CREATE_AFTER_WIRE,
    JOIN_BEFORE_WIRE,
    JOIN_AFTER_WIRE,
    COMMIT_BEFORE_WIRE,
    COMMIT_BEFORE_MERGE,
    COMMIT_AFTER_MERGE,
];

/// Those that a file passes before its message is queued.
pub const FILE_CHECKPOINTS: &[&str] = &[FILE_BEFORE_PIECE, FILE_AFTER_PIECE, FILE_BEFORE_QUEUE];

pub(crate) const SEND_BEFORE_QUEUE: &str = "client.send.before_queue";
pub(crate) const SEND_AFTER_QUEUE: &str = "client.send.after_queue";
pub(crate) const FILE_BEFORE_PIECE: &str = "client.file.before_piece";
pub(crate) const FILE_AFTER_PIECE: &str = "client.file.after_piece";
pub(crate) const FILE_BEFORE_QUEUE: &str = "client.file.before_queue";
pub(crate) const SEND_BEFORE_PERSIST: &str = "client.send.before_persist";
pub(crate) const SEND_AFTER_PERSIST: &str = "client.send.after_persist";
pub(crate) const SEND_BEFORE_WIRE: &str = "client.send.before_wire";
pub(crate) const SEND_AFTER_WIRE: &str = "client.send.after_wire";
pub(crate) const ACCEPTED_BEFORE_COMMIT: &str = "client.accepted.before_commit";
pub(crate) const ACCEPTED_AFTER_COMMIT: &str = "client.accepted.after_commit";
pub(crate) const INBOX_BEFORE_COMMIT: &str = "client.inbox.before_commit";
pub(crate) const INBOX_AFTER_COMMIT_BEFORE_ACK: &str = "client.inbox.after_commit_before_ack";
pub(crate) const ACK_AFTER_WIRE: &str = "client.ack.after_wire";
pub(crate) const WELCOME_BEFORE_COMMIT: &str = "client.welcome.before_commit";
pub(crate) const WELCOME_AFTER_COMMIT_BEFORE_ACK: &str = "client.welcome.after_commit_before_ack";
pub(crate) const CREATE_BEFORE_PERSIST: &str = "client.create.before_persist";
pub(crate) const CREATE_BEFORE_WIRE: &str = "client.create.before_wire";
pub(crate) const CREATE_AFTER_WIRE: &str = "client.create.after_wire";
pub(crate) const JOIN_BEFORE_WIRE: &str = "client.join.before_wire";
pub(crate) const JOIN_AFTER_WIRE: &str = "client.join.after_wire";
pub(crate) const COMMIT_BEFORE_WIRE: &str = "client.commit.before_wire";
pub(crate) const COMMIT_BEFORE_MERGE: &str = "client.commit.before_merge";
pub(crate) const COMMIT_AFTER_MERGE: &str = "client.commit.after_merge";

#[cfg(any(test, feature = "testing"))]
pub use on::Checkpoints;

#[cfg(not(any(test, feature = "testing")))]
pub use off::Checkpoints;

#[cfg(not(any(test, feature = "testing")))]
mod off {
    use super::Killed;

    /// Points at which a test may end the client: none in this build.
    #[derive(Debug, Clone, Default)]
    pub struct Checkpoints(());

    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the other build uses them"
    )]
    impl Checkpoints {
        pub(crate) fn reach(&self, _point: &'static str) -> Result<(), Killed> {
            Ok(())
        }

        pub(crate) fn alive(&self) -> Result<(), Killed> {
            Ok(())
        }
    }
}

#[cfg(any(test, feature = "testing"))]
mod on {
    use super::Killed;
    use crate::signal::Signal;
    use std::cell::Cell;
    use std::rc::Rc;

    /// Points at which a test may end the client. Clones share one life.
    #[derive(Clone, Default)]
    pub struct Checkpoints(Option<Rc<Inner>>);

    struct Inner {
        kill: Box<dyn Fn(&'static str) -> bool>,
        killed: Cell<bool>,
        signal: Signal,
    }

    impl std::fmt::Debug for Checkpoints {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Checkpoints(…)")
        }
    }

    impl Checkpoints {
        /// Asks `kill` at every point; when it says yes, the client is dead: the transaction under way is
        /// undone, nothing more is stored or sent, calls fail, and [`Self::killed`] resolves.
        pub fn new(kill: impl Fn(&'static str) -> bool + 'static) -> Self {
            let inner = Inner {
                kill: Box::new(kill),
                killed: Cell::new(false),
                signal: Signal::default(),
            };
            Self(Some(Rc::new(inner)))
        }

        /// Resolves when the client was killed: drop it then, and open its store again.
        pub async fn killed(&self) {
            match &self.0 {
                Some(inner) => inner.signal.until(|| inner.killed.get().then_some(())).await,
                None => std::future::pending().await,
            }
        }

        /// Whether the client was killed.
        pub fn is_killed(&self) -> bool {
            self.alive().is_err()
        }

        pub(crate) fn reach(&self, point: &'static str) -> Result<(), Killed> {
            self.alive()?;
            let Some(inner) = &self.0 else { return Ok(()) };
            if !(inner.kill)(point) {
                return Ok(());
            }
            inner.killed.set(true);
            inner.signal.notify();
            Err(Killed)
        }

        pub(crate) fn alive(&self) -> Result<(), Killed> {
            if self.0.as_ref().is_some_and(|inner| inner.killed.get()) {
                Err(Killed)
            } else {
                Ok(())
            }
        }
    }
}
