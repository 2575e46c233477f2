//! The connection to the server as a state machine: connect, authenticate, live, wait, and again. What
//! happens while it lives is the business of `live`.

use super::backoff;
use super::live::Live;
use super::status::Phase;
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::message::signals;
use crate::transport::Connection;
use futures::FutureExt;
use futures::future::{Either, select};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::limits::AUTHENTICATE_DEADLINE;
use undertone_wire::stream::{Authenticate, Authenticated, ClientFrame, ServerFrame};
use undertone_wire::{ErrorCode, PROTOCOL_VERSION, codec};

/// Where the connection is, with what it has in hand.
enum State {
    /// Nobody is signed in, or nobody is any more.
    SignedOut,
    /// About to connect.
    Connecting,
    /// The WebSocket stands.
    Authenticating(Connection),
    /// The server knows this device.
    Live(Box<Live>),
    /// Something failed.
    Failed(ClientError),
    /// Until the next try.
    Waiting(Duration),
    /// For good.
    Stopped,
}

/// Starts the connection's task, unless it runs. It goes on until [`stop`], or until the client is
/// dropped, and waits while nobody is signed in.
pub(crate) fn start(core: &Rc<Core>) {
    core.status.set_stop(false);
    if !core.status.is_running() {
        set_phase(core, Phase::Connecting);
        core.spawn(run(Rc::clone(core)).boxed_local());
    }
}

/// Asks the connection's task to end: what was processed is acknowledged first.
pub(crate) fn stop(core: &Core) {
    core.status.set_stop(true);
    core.signal.notify();
}

/// Brings this device level with the server, sends what waits to be sent and fills the stock of key
/// packages up. Connects for that if no
/// connection runs, and fails with the first failure of the connection.
pub(crate) async fn catch_up(core: &Rc<Core>) -> Result<(), ClientError> {
    core.me()?;
    let started_here = !core.status.is_running();
    drop(core.status.take_failure());
    if started_here {
        start(core);
    } else {
        core.status.ask_wake();
        core.signal.notify();
    }
    let result = core.signal.until(|| caught_up(core)).await;
    if started_here {
        stop(core);
        core.signal
            .until(|| (!core.status.is_running()).then_some(()))
            .await;
    }
    result
}

fn caught_up(core: &Core) -> Option<Result<(), ClientError>> {
    if let Some(failure) = core.status.take_failure() {
        return Some(Err(failure));
    }
    match core.status.phase() {
        Phase::SignedOut => Some(Err(ClientError::SignedOut)),
        Phase::Stopped => Some(Err(ClientError::Stopped)),
        Phase::Online if core.status.is_level() && !is_busy(core) => is_all_sent(core).transpose(),
        Phase::Online | Phase::Connecting | Phase::Waiting { .. } => None,
    }
}

/// Whether something is under way that is to be done before the connection ends.
fn is_busy(core: &Core) -> bool {
    let lets_go = !core.leaving.borrow().is_empty();
    core.refilling.get() || core.resuming.get() || lets_go
}

/// Whether nothing waits to be sent.
fn is_all_sent(core: &Core) -> Result<Option<()>, ClientError> {
    let waits = core.store.outgoing_count()? > 0
        || core.store.uploads_wait()?
        || core.store.unfinished_actions(core.platform.now())? > 0;
    Ok((!waits).then_some(()))
}

async fn run(core: Rc<Core>) {
    let mut state = State::Connecting;
    let mut failures: u32 = 0;
    loop {
        state = match state {
            State::SignedOut => {
                set_phase(&core, Phase::SignedOut);
                signed_in_or_stopped(&core).await
            }
            State::Connecting => {
                set_phase(&core, Phase::Connecting);
                unless_stopped(&core, connect(&core)).await
            }
            State::Authenticating(connection) => {
                let next = unless_stopped(&core, authenticate(&core, connection)).await;
                if let State::Live(_) = &next {
                    failures = 0;
                    set_phase(&core, Phase::Online);
                }
                next
            }
            State::Live(live) => match live.run().await {
                Ok(()) => State::Stopped,
                Err(error) => State::Failed(error),
            },
            State::Failed(error) => {
                failures = failures.saturating_add(1);
                after_failure(&core, error, failures)
            }
            State::Waiting(delay) => wait(&core, delay).await,
            State::Stopped => break,
        };
        forget_presence(&core, &state);
    }
    set_phase(&core, Phase::Stopped);
}

async fn connect(core: &Core) -> State {
    // Refreshes first where it must: a connection without a token is of no use.
    match core.account.access_token().await.map_err(ClientError::from) {
        Ok(_) => {}
        Err(error) => return State::Failed(error),
    }
    match core.transport.connect().await {
        Ok(connection) => State::Authenticating(connection),
        Err(error) => State::Failed(error.into()),
    }
}

async fn authenticate(core: &Rc<Core>, mut connection: Connection) -> State {
    let deadline = core.platform.sleep(AUTHENTICATE_DEADLINE);
    let greeting = match select(pin!(greet(core, &mut connection)), deadline).await {
        Either::Left((greeting, _)) => greeting,
        Either::Right(_) => Err(ClientError::TimedOut),
    };
    let live = greeting.and_then(|authenticated| Live::new(core, connection, &authenticated));
    live.map_or_else(State::Failed, |live| State::Live(Box::new(live)))
}

async fn greet(core: &Core, connection: &mut Connection) -> Result<Authenticated, ClientError> {
    let token = core.account.access_token().await?;
    let first = authenticate_frame(&token.token);
    connection.sender.send(codec::to_cbor(&first)?).await?;
    let answer = connection.receiver.receive().await?;
    let bytes = answer.ok_or(ClientError::Transport(crate::transport::TransportError::Closed))?;
    let frame: ServerFrame = codec::from_cbor(&bytes).map_err(|error| ClientError::Protocol(Some(error)))?;
    match frame {
        ServerFrame::Authenticated(authenticated) => Ok(authenticated),
        ServerFrame::Error(body) => Err(ClientError::Disconnected(body)),
        _ => Err(ClientError::Protocol(None)),
    }
}

/// The frame that proves who this is.
pub(super) fn authenticate_frame(token: &str) -> ClientFrame {
    ClientFrame::Authenticate(Authenticate {
        version: PROTOCOL_VERSION,
        access_token: token.to_owned(),
    })
}

fn after_failure(core: &Core, error: ClientError, failures: u32) -> State {
    if error.is_killed() {
        return State::Stopped;
    }
    tracing::debug!(error = &error as &dyn std::error::Error, "the connection failed");
    let next = match refusal(&error) {
        Some(ErrorCode::SessionRevoked) => match core.account.end_here() {
            Ok(()) => State::SignedOut,
            Err(_) => State::Waiting(backoff::delay(failures, &mut rand::rngs::OsRng)),
        },
        Some(ErrorCode::Unauthorized) => {
            core.account.forget_access_token();
            State::Waiting(backoff::delay(failures, &mut rand::rngs::OsRng))
        }
        _ if error.ends_session() => State::SignedOut,
        _ => State::Waiting(backoff::delay(failures, &mut rand::rngs::OsRng)),
    };
    if matches!(next, State::SignedOut) {
        core.publish(Change::Session);
    }
    core.status.set_failure(error);
    core.signal.notify();
    next
}

fn refusal(error: &ClientError) -> Option<ErrorCode> {
    match error {
        ClientError::Disconnected(body) => Some(body.code),
        _ => None,
    }
}

async fn wait(core: &Core, delay: Duration) -> State {
    let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
    set_phase(
        core,
        Phase::Waiting {
            until_ms: core.platform.monotonic_ms().saturating_add(delay_ms),
        },
    );
    let woken = core.signal.until(|| {
        let asked = core.status.take_wake();
        (asked || core.status.is_stopping()).then_some(())
    });
    select(pin!(woken), core.platform.sleep(delay)).await;
    if core.status.is_stopping() {
        State::Stopped
    } else {
        State::Connecting
    }
}

async fn signed_in_or_stopped(core: &Core) -> State {
    core.signal
        .until(|| {
            if core.status.is_stopping() {
                Some(State::Stopped)
            } else {
                core.account.session().map(|_| State::Connecting)
            }
        })
        .await
}

async fn unless_stopped(core: &Core, work: impl Future<Output = State>) -> State {
    let stopped = core
        .signal
        .until(|| core.status.is_stopping().then_some(State::Stopped));
    match select(pin!(work), pin!(stopped)).await {
        Either::Left((state, _)) | Either::Right((state, _)) => state,
    }
}

fn forget_presence(core: &Core, state: &State) {
    let lives = matches!(state, State::Live(_));
    if !lives {
        signals::disconnected(core);
    }
}

fn set_phase(core: &Core, phase: Phase) {
    if core.status.set_phase(phase) {
        core.publish(Change::Connection);
    }
}
