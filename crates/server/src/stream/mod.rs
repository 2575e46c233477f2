//! One live connection, as a state machine: it waits for its first frame, is live, and ends. What the
//! frames mean is decided by [`crate::delivery`] and the store; here is only the conversation with
//! one client and its deadlines.

mod live;

use crate::auth::{Claims, ClientAddress, read_access_token};
use crate::delivery::{self, Close};
use crate::error::{ApiError, body};
use crate::metrics::TurnedAway;
use crate::rate_limit::Class;
use crate::state::AppState;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use live::Live;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use undertone_wire::error::ErrorResponse;
use undertone_wire::limits::{AUTHENTICATE_DEADLINE, FRAME_BYTES_MAX};
use undertone_wire::stream::{Authenticate, ClientFrame, ServerFrame};
use undertone_wire::{ErrorBody, ErrorCode, PROTOCOL_VERSION};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Small, because each idle connection has one; large frames grow it for their time.
const READ_BUFFER_BYTES: usize = 4096;
/// What is gathered before it is written. An idle connection has none of it.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// A client that does not take the last frame within this is left alone.
const FAREWELL_DEADLINE: Duration = Duration::from_secs(2);

/// Connections that may wait for their first frame at once; beyond, new ones are refused.
pub(crate) const UNAUTHENTICATED_MAX: usize = 4096;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(open))
}

/// Opens the WebSocket, for our own pages and for programs (the router's layer checks the origin). Its
/// frames are CBOR; the first one must authenticate.
#[utoipa::path(
    get, path = "/api/v1/stream", tag = "stream", security(()),
    responses((status = 101, description = "a WebSocket"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "stream.open", skip_all)]
async fn open(
    State(state): State<AppState>,
    address: ClientAddress,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    state.limits.check(Class::Connect, address.as_bytes())?;
    let upgrade =
        upgrade.map_err(|_| ApiError::new(ErrorCode::BadRequest, "This address is for WebSockets."))?;
    let place = Arc::clone(&state.unauthenticated)
        .try_acquire_owned()
        .map_err(|_| {
            ApiError::new(
                ErrorCode::Unavailable,
                "Too many are connecting. Try again in a moment.",
            )
        })?;
    Ok(upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .on_upgrade(move |socket| run(socket, state, place)))
}

/// Where a connection stands.
enum Connection {
    /// Nobody knows yet who it is.
    Waiting(WebSocket),
    /// A device is connected.
    Live(Box<Live>),
    /// It is over; this is what the client is told, if it is still there.
    Ending(WebSocket, Ending),
    /// Nothing is left.
    Closed,
}

/// Why a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ending {
    /// The client went away.
    Gone,
    /// Nothing was heard for too long.
    Silent,
    /// The client is told this.
    Refused(ErrorBody),
    /// The server ends it.
    Closed(Close),
}

/// `place` is given back when the device is known, or the connection is over.
async fn run(socket: WebSocket, state: AppState, place: OwnedSemaphorePermit) {
    let mut place = Some(place);
    let mut connection = Connection::Waiting(socket);
    loop {
        connection = match connection {
            // Boxed, like the farewell, since it is large and soon over.
            Connection::Waiting(socket) => Box::pin(wait(socket, &state)).await,
            Connection::Live(mut live) => {
                drop(place.take());
                let ending = live.run().await;
                let device = live.device();
                let socket = live.leave();
                state.delivery.waker().left(device, state.clock.now());
                Connection::Ending(socket, ending)
            }
            Connection::Ending(socket, ending) => {
                note(&state.metrics.turned_away, &ending);
                // A client that does not listen to its farewell is none of our concern.
                let farewell = Box::pin(say_farewell(socket, ending));
                drop(timeout(FAREWELL_DEADLINE, farewell).await);
                Connection::Closed
            }
            Connection::Closed => return,
        };
    }
}

/// Waits for the first frame, and takes the device in.
async fn wait(mut socket: WebSocket, state: &AppState) -> Connection {
    let first = match timeout(AUTHENTICATE_DEADLINE, receive(&mut socket)).await {
        Ok(Ok(frame)) => frame,
        Ok(Err(ending)) => return Connection::Ending(socket, ending),
        Err(_) => {
            let refused = ErrorBody::new(ErrorCode::Unauthorized, "The first frame came too late.");
            return Connection::Ending(socket, Ending::Refused(refused));
        }
    };
    let ClientFrame::Authenticate(request) = first else {
        let refused = ErrorBody::new(ErrorCode::Unauthorized, "The first frame must authenticate.");
        return Connection::Ending(socket, Ending::Refused(refused));
    };
    match authenticate(state, &request) {
        Ok(claims) => match Live::begin(socket, state.clone(), claims).await {
            Ok(live) => Connection::Live(Box::new(live)),
            Err((socket, ending)) => Connection::Ending(*socket, ending),
        },
        Err(refused) => Connection::Ending(socket, Ending::Refused(refused)),
    }
}

/// Judges the frame with which a client says who it is, without the database: whether the session goes on
/// is asked with all else that is read of the device.
fn authenticate(state: &AppState, request: &Authenticate) -> Result<Claims, ErrorBody> {
    if request.version != PROTOCOL_VERSION {
        return Err(body(ErrorCode::VersionUnsupported));
    }
    read_access_token(state, &request.access_token)
}

/// The next frame of the client. WebSocket's own pings and pongs are answered below us, and skipped.
///
/// Cancel safe because a message is taken from the socket only when it is returned.
async fn receive(socket: &mut WebSocket) -> Result<ClientFrame, Ending> {
    loop {
        let message = socket
            .recv()
            .await
            .ok_or(Ending::Gone)?
            .map_err(|error| broken(&error))?;
        if let Some(frame) = read(&message)? {
            return Ok(frame);
        }
    }
}

/// What a message of the socket says; nothing if it only shows that the client is there.
fn read(message: &Message) -> Result<Option<ClientFrame>, Ending> {
    match message {
        Message::Binary(bytes) => delivery::decode(bytes)
            .map(Some)
            .map_err(|_| Ending::Refused(body(ErrorCode::BadRequest))),
        Message::Text(_) => Err(Ending::Refused(ErrorBody::new(
            ErrorCode::BadRequest,
            "Frames are binary: CBOR.",
        ))),
        Message::Ping(_) | Message::Pong(_) => Ok(None),
        Message::Close(_) => Err(Ending::Gone),
    }
}

/// Why the socket cannot be read any more.
fn broken(error: &axum::Error) -> Ending {
    let cause = error
        .source()
        .and_then(|source| source.downcast_ref::<tungstenite::Error>());
    match cause {
        Some(tungstenite::Error::Capacity(_)) => Ending::Refused(body(ErrorCode::TooLarge)),
        Some(tungstenite::Error::Protocol(_) | tungstenite::Error::Utf8(_)) => {
            Ending::Refused(body(ErrorCode::BadRequest))
        }
        _ => Ending::Gone,
    }
}

/// Counts why a connection ends, if something was wrong with it. Those that were too slow are counted where
/// that is found.
fn note(counters: &TurnedAway, ending: &Ending) {
    let counter = match ending {
        Ending::Gone | Ending::Closed(Close::Slow | Close::Stopping) => return,
        Ending::Silent => &counters.silent,
        Ending::Closed(Close::Revoked | Close::Replaced) => &counters.refused,
        Ending::Refused(refused) => match refused.code {
            ErrorCode::TooLarge => &counters.too_large,
            ErrorCode::BadRequest => &counters.malformed,
            _ => &counters.refused,
        },
    };
    counter.inc();
}

/// Tells the client why, and closes.
async fn say_farewell(mut socket: WebSocket, ending: Ending) -> Result<(), axum::Error> {
    let refused = match ending {
        Ending::Gone => return Ok(()),
        Ending::Refused(refused) => refused,
        Ending::Silent => ErrorBody::new(ErrorCode::BadRequest, "Nothing was heard for too long."),
        Ending::Closed(Close::Revoked) => body(ErrorCode::SessionRevoked),
        Ending::Closed(Close::Replaced) => ErrorBody::new(
            ErrorCode::LimitReached,
            "This device has opened another connection.",
        ),
        Ending::Closed(Close::Slow) => ErrorBody::new(
            ErrorCode::LimitReached,
            "This connection takes its frames too slowly.",
        ),
        Ending::Closed(Close::Stopping) => ErrorBody::new(
            ErrorCode::Unavailable,
            "The server is stopping. Connect again in a moment.",
        ),
    };
    let code = close_code(refused.code);
    if let Some(frame) = delivery::encode(&ServerFrame::Error(refused)) {
        socket.send(Message::Binary(frame)).await?;
    }
    socket
        .send(Message::Close(Some(CloseFrame {
            code,
            reason: "".into(),
        })))
        .await
}

/// The WebSocket close code (RFC 6455 section 7.4) that fits best; the error frame before says more.
const fn close_code(code: ErrorCode) -> u16 {
    match code {
        ErrorCode::TooLarge => 1009,
        ErrorCode::BadRequest => 1002,
        ErrorCode::Unavailable => 1012,
        _ => 1008,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How large what is returned is, which is never called.
    fn size_of_returned<A, B, C, F>(_: impl FnOnce(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn an_idle_connection_has_no_room_for_what_is_rare() {
        let size = size_of_returned(run);
        assert!(size <= 3072, "{size}");
    }
}
