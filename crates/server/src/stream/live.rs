//! A connected device: what it sends is done, what concerns it is sent to it, and its deadlines are
//! watched. Each frame that is answered later (when it is durable) waits beside the others.

use super::{Ending, authenticate, broken, read};
use crate::auth::AuthedDevice;
use crate::delivery::{self, Close, DeliveryError, Registration};
use crate::error::{ApiError, body};
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::store::StoreError;
use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, SinkExt, StreamExt};
use std::collections::HashSet;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use undertone_wire::conversation::{Accepted, ConversationHead, SubmitCommitRequest, SubmitProposalRequest};
use undertone_wire::limits::{HIDDEN_CONVERSATIONS_MAX, PING_DEADLINE, SIGNAL_BYTES};
use undertone_wire::message::SendMessageRequest;
use undertone_wire::signal::{SealedSignal, Visibility};
use undertone_wire::stream::{Acknowledge, Authenticated, ClientFrame, FetchLog, Refused, ServerFrame};
use undertone_wire::{ConversationId, Counter, DeviceId, ErrorBody, ErrorCode, Timestamp};

/// Frames of one client that may wait for their answer before the next is read.
const PENDING_MAX: usize = 16;
/// Frames that are written before the socket is flushed.
const FRAMES_PER_FLUSH: usize = 64;

/// A connection whose device is known.
pub(super) struct Live {
    socket: WebSocket,
    state: AppState,
    caller: AuthedDevice,
    registration: Registration,
    /// Messages that were queued and wait to be durable: these hold nothing that others wait for.
    queued: FuturesUnordered<BoxFuture<'static, ServerFrame>>,
    /// What is checked and stored before it is answered. As tasks of their own, so that they go on while
    /// this one writes or reads: a turn or a database connection that was given to them is given back.
    work: JoinSet<ServerFrame>,
    /// When the connection is given up, if nothing is heard.
    silent_at: Instant,
    /// When the access token ends.
    expires_at: Instant,
    /// Whether others were told that the device is here.
    is_shown: bool,
}

/// What happened next.
enum Event {
    Received(Message),
    Answer(ServerFrame),
    Frame(Bytes),
}

impl Live {
    /// Takes the device in: registers it first, so that nothing falls between what it is told of the
    /// past and what it gets from now on.
    pub(super) async fn begin(
        socket: WebSocket,
        state: AppState,
        caller: AuthedDevice,
        expires_at: Timestamp,
    ) -> Result<Self, (Box<WebSocket>, Ending)> {
        let now = state.clock.now();
        let registration = state.delivery.register(caller.user, caller.device);
        let mut live = Self {
            socket,
            caller,
            registration,
            queued: FuturesUnordered::new(),
            work: JoinSet::new(),
            silent_at: Instant::now() + PING_DEADLINE,
            expires_at: Instant::now() + expires_at.since(now),
            is_shown: false,
            state,
        };
        match live.greet(&caller, expires_at).await {
            Ok(()) => {
                live.state.delivery.waker().arrived(caller.device);
                Ok(live)
            }
            Err(ending) => Err((Box::new(live.socket), ending)),
        }
    }

    /// Whose connection it is.
    pub(super) const fn device(&self) -> DeviceId {
        self.caller.device
    }

    /// Serves the connection until it ends.
    pub(super) async fn run(mut self) -> (WebSocket, Ending) {
        loop {
            let step = match self.next().await {
                Ok(event) => self.serve(event).await,
                Err(ending) => Err(ending),
            };
            if let Err(ending) = step {
                return (self.socket, ending);
            }
        }
    }

    async fn greet(&mut self, caller: &AuthedDevice, expires_at: Timestamp) -> Result<(), Ending> {
        // It may have been revoked between the check of the token and the registration.
        let session = self
            .state
            .store
            .session(caller.session)
            .await
            .map_err(unavailable)?;
        if session.is_none_or(|session| session.is_revoked) {
            return Err(Ending::Refused(body(ErrorCode::SessionRevoked)));
        }
        let device = self.caller.device;
        let crowds = self.state.store.crowds(device).await.map_err(unavailable)?;
        let before: HashSet<_> = crowds.iter().map(|(conversation, _)| *conversation).collect();
        self.registration.follow(crowds);
        let authenticated = self.standing(expires_at).await?;
        // Whoever was removed between the two readings must not go on following.
        self.registration
            .unfollow(before.difference(&conversations(&authenticated.heads)));
        self.send(&ServerFrame::Authenticated(authenticated)).await?;
        for welcome in self
            .state
            .store
            .pending_welcomes(device)
            .await
            .map_err(unavailable)?
        {
            self.registration.waits(welcome.conversation);
            self.send(&ServerFrame::Welcome(welcome)).await?;
        }
        Ok(())
    }

    async fn standing(&mut self, expires_at: Timestamp) -> Result<Authenticated, Ending> {
        let presence = self.registration.who_is_here();
        let heads = self
            .state
            .store
            .heads(self.caller.device)
            .await
            .map_err(unavailable)?;
        Ok(Authenticated {
            now: self.state.clock.now(),
            expires_at,
            heads,
            presence,
        })
    }

    /// Waits for what happens next.
    ///
    /// Cancel safe because each branch is.
    async fn next(&mut self) -> Result<Event, Ending> {
        let Self {
            socket,
            registration,
            queued,
            work,
            silent_at,
            expires_at,
            ..
        } = self;
        tokio::select! {
            biased;
            closed = &mut registration.closed => Err(Ending::Closed(closed.unwrap_or(Close::Stopping))),
            () = sleep_until(*expires_at) => Err(Ending::Refused(body(ErrorCode::Unauthorized))),
            () = sleep_until(*silent_at) => Err(Ending::Silent),
            Some(frame) = registration.frames.next() => Ok(Event::Frame(frame)),
            Some(answer) = queued.next(), if !queued.is_empty() => Ok(Event::Answer(answer)),
            Some(answer) = work.join_next(), if !work.is_empty() => answer.map(Event::Answer).map_err(|error| lost(&error)),
            message = socket.recv(), if queued.len() + work.len() < PENDING_MAX => match message {
                Some(Ok(message)) => Ok(Event::Received(message)),
                Some(Err(error)) => Err(broken(&error)),
                None => Err(Ending::Gone),
            },
        }
    }

    async fn serve(&mut self, event: Event) -> Result<(), Ending> {
        match event {
            Event::Frame(frame) => self.write(frame).await,
            Event::Answer(answer) => self.send(&answer).await,
            Event::Received(message) => {
                self.silent_at = Instant::now() + PING_DEADLINE;
                match read(&message)? {
                    Some(frame) => self.receive(frame).await,
                    None => Ok(()),
                }
            }
        }
    }

    async fn receive(&mut self, frame: ClientFrame) -> Result<(), Ending> {
        let device = self.caller.device;
        let class = match &frame {
            ClientFrame::Send(_) => Class::Message,
            ClientFrame::Commit(_) | ClientFrame::Propose(_) | ClientFrame::CannotProcess(_) => Class::Commit,
            ClientFrame::Authenticate(_)
            | ClientFrame::Fetch(_)
            | ClientFrame::Acknowledge(_)
            | ClientFrame::AcknowledgeWelcome(_)
            | ClientFrame::Show(_)
            | ClientFrame::Hide(_)
            | ClientFrame::Ping => Class::Frame,
            ClientFrame::Signal(_) => Class::Signal,
        };
        self.show_unless_told(&frame);
        let limits = &self.state.limits;
        let allowed = match class {
            Class::Message => limits.check_message(&self.caller),
            class => limits.check(class, device.as_bytes()),
        };
        match (frame, allowed) {
            (ClientFrame::Send(request), allowed) => self.send_message(request, allowed).await,
            (ClientFrame::Commit(request), allowed) => {
                self.submit_commit(request, allowed);
                Ok(())
            }
            (ClientFrame::Propose(request), allowed) => {
                self.submit_proposal(request, allowed);
                Ok(())
            }
            // Whoever signals too fast misses nothing by it.
            (ClientFrame::Signal(signal), allowed) => self.signal(signal, allowed.is_ok()),
            (_, Err(limited)) => self.send(&ServerFrame::Error(limited)).await,
            (ClientFrame::Authenticate(request), Ok(())) => {
                let (caller, expires_at) = authenticate(&self.state, &request)
                    .await
                    .map_err(Ending::Refused)?;
                self.prolong(&caller, expires_at).await
            }
            (ClientFrame::Fetch(fetch), Ok(())) => {
                self.fetch(fetch);
                Ok(())
            }
            (ClientFrame::Acknowledge(up_to), Ok(())) => {
                self.state.delivery.acknowledge(device, up_to);
                Ok(())
            }
            (ClientFrame::AcknowledgeWelcome(up_to), Ok(())) => {
                self.state.delivery.acknowledge_welcome(device, up_to);
                self.registration.answered(up_to.conversation);
                Ok(())
            }
            (ClientFrame::CannotProcess(report), Ok(())) => self.suspect(report).await,
            (ClientFrame::Show(visibility), Ok(())) => {
                self.registration.show(visibility);
                Ok(())
            }
            (ClientFrame::Hide(hidden), Ok(())) => self.hide(hidden),
            (ClientFrame::Ping, Ok(())) => self.send(&ServerFrame::Pong).await,
        }
    }

    /// Others are told that the device is here with its first frame, which may say whom to tell.
    fn show_unless_told(&mut self, first: &ClientFrame) {
        if !self.is_shown && !matches!(first, ClientFrame::Show(_) | ClientFrame::Hide(_)) {
            self.registration.show(Visibility::Everyone);
        }
        self.is_shown |= !matches!(first, ClientFrame::Hide(_));
    }

    fn hide(&self, hidden: Vec<ConversationId>) -> Result<(), Ending> {
        if hidden.len() > HIDDEN_CONVERSATIONS_MAX {
            return Err(Ending::Refused(body(ErrorCode::BadRequest)));
        }
        self.registration.hide(hidden.into_iter().collect());
        Ok(())
    }

    fn signal(&self, signal: SealedSignal, is_allowed: bool) -> Result<(), Ending> {
        if signal.sealed.len() != SIGNAL_BYTES {
            return Err(Ending::Refused(body(ErrorCode::BadRequest)));
        }
        if is_allowed {
            self.registration.signal(signal);
        }
        Ok(())
    }

    /// Goes on with a later token of the same device.
    async fn prolong(&mut self, caller: &AuthedDevice, expires_at: Timestamp) -> Result<(), Ending> {
        if caller.device != self.caller.device || caller.user != self.caller.user {
            let refused = ErrorBody::new(ErrorCode::Unauthorized, "The token is of another device.");
            return Err(Ending::Refused(refused));
        }
        // A guest may have become an account since.
        self.caller = *caller;
        self.expires_at = Instant::now() + expires_at.since(self.state.clock.now());
        let authenticated = self.standing(expires_at).await?;
        self.send(&ServerFrame::Authenticated(authenticated)).await
    }

    /// Queues a message at once, so that messages keep their order, and answers when it is durable.
    async fn send_message(
        &mut self,
        request: SendMessageRequest,
        allowed: Result<(), ErrorBody>,
    ) -> Result<(), Ending> {
        let (conversation, counter) = (request.conversation, request.counter);
        let queued = match allowed {
            Ok(()) => self
                .state
                .delivery
                .queue(self.caller.into(), request)
                .await
                .map_err(DeliveryError::into_body),
            Err(limited) => Err(limited),
        };
        match queued {
            Ok(message) => {
                self.queued
                    .push(async move { outcome(conversation, counter, message.answer().await) }.boxed());
                Ok(())
            }
            Err(error) => {
                self.send(&ServerFrame::Refused(Refused {
                    conversation,
                    counter,
                    error,
                }))
                .await
            }
        }
    }

    fn submit_commit(&mut self, request: SubmitCommitRequest, allowed: Result<(), ErrorBody>) {
        let (conversation, counter) = (request.conversation, request.commit.counter);
        let (delivery, caller) = (self.state.delivery.clone(), self.caller);
        self.work.spawn(async move {
            match allowed {
                Ok(()) => outcome(
                    conversation,
                    counter,
                    delivery.commit(caller.into(), request).await,
                ),
                Err(error) => ServerFrame::Refused(Refused {
                    conversation,
                    counter,
                    error,
                }),
            }
        });
    }

    fn submit_proposal(&mut self, request: SubmitProposalRequest, allowed: Result<(), ErrorBody>) {
        let (conversation, counter) = (request.conversation, request.counter);
        let (delivery, caller) = (self.state.delivery.clone(), self.caller);
        self.work.spawn(async move {
            match allowed {
                Ok(()) => outcome(
                    conversation,
                    counter,
                    delivery.propose(caller.into(), request).await,
                ),
                Err(error) => ServerFrame::Refused(Refused {
                    conversation,
                    counter,
                    error,
                }),
            }
        });
    }

    /// Takes a report of a commit that the device cannot process. What is not known yet is answered
    /// through the hub.
    async fn suspect(&mut self, report: Acknowledge) -> Result<(), Ending> {
        match self.state.delivery.suspect(self.caller.into(), report).await {
            Ok(Some(answer)) => self.send(&answer).await,
            Ok(None) => Ok(()),
            Err(error) => {
                let error = ErrorBody {
                    conversation: Some(report.conversation),
                    ..error.into_body()
                };
                self.send(&ServerFrame::Error(error)).await
            }
        }
    }

    fn fetch(&mut self, fetch: FetchLog) {
        let (store, device) = (self.state.store.clone(), self.caller.device);
        self.work.spawn(async move {
            match store.log_page(device, fetch).await {
                Ok(Ok(page)) => ServerFrame::Log(page),
                Ok(Err(refusal)) => ServerFrame::Error(ErrorBody {
                    conversation: Some(fetch.conversation),
                    ..body(refusal.code())
                }),
                Err(error) => ServerFrame::Error(ApiError::from(error).into_body()),
            }
        });
    }

    async fn send(&mut self, frame: &ServerFrame) -> Result<(), Ending> {
        match delivery::encode(frame) {
            Some(bytes) => self.write(bytes).await,
            None => Err(Ending::Refused(body(ErrorCode::Internal))),
        }
    }

    /// Writes a frame and what waits behind it, then flushes once. A client that does not read is
    /// given up at the same deadline as one that is not heard.
    async fn write(&mut self, first: Bytes) -> Result<(), Ending> {
        let Self {
            socket, registration, ..
        } = self;
        let Registration { frames, closed, .. } = registration;
        let writing = async {
            socket.feed(Message::Binary(first)).await?;
            for _ in 1..FRAMES_PER_FLUSH {
                let Some(frame) = frames.waiting() else { break };
                socket.feed(Message::Binary(frame)).await?;
            }
            socket.flush().await
        };
        tokio::select! {
            biased;
            written = timeout(PING_DEADLINE, writing) => match written {
                Ok(written) => written.map_err(|error: axum::Error| broken(&error)),
                Err(_) => Err(Ending::Silent),
            },
            closed = closed => Err(Ending::Closed(closed.unwrap_or(Close::Stopping))),
        }
    }
}

fn conversations(heads: &[ConversationHead]) -> HashSet<ConversationId> {
    heads.iter().map(|head| head.conversation).collect()
}

fn outcome(
    conversation: ConversationId,
    counter: Counter,
    answer: Result<Accepted, DeliveryError>,
) -> ServerFrame {
    match answer {
        Ok(accepted) => ServerFrame::Accepted(accepted),
        Err(error) => ServerFrame::Refused(Refused {
            conversation,
            counter,
            error: error.into_body(),
        }),
    }
}

/// A task that panicked: a mistake of the server, which ends this connection only.
fn lost(error: &JoinError) -> Ending {
    tracing::error!(error = error as &dyn std::error::Error, "a frame's task was lost");
    Ending::Refused(body(ErrorCode::Internal))
}

fn unavailable(error: StoreError) -> Ending {
    Ending::Refused(ApiError::from(error).into_body())
}
