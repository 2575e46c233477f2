//! A connected device: what it sends is done, what concerns it is sent to it, and its deadlines are
//! watched. Each frame that is answered later (when it is durable) waits beside the others.

use super::{Ending, authenticate, broken, read};
use crate::auth::{AuthedDevice, Claims, judge_session};
use crate::delivery::{self, Close, DeliveryError, Place, Registration};
use crate::error::{ApiError, body};
use crate::rate_limit::{Bucket, Class};
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::arrival::{Arrival, Waiting};
use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, SinkExt, StreamExt};
use std::collections::HashSet;
use std::pin::Pin;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use undertone_wire::conversation::{Accepted, ConversationHead, SubmitCommitRequest, SubmitProposalRequest};
use undertone_wire::limits::{HIDDEN_CONVERSATIONS_MAX, PING_DEADLINE, SIGNAL_BYTES};
use undertone_wire::message::SendMessageRequest;
use undertone_wire::signal::{SealedSignal, Visibility};
use undertone_wire::stream::{
    Acknowledge, Authenticated, ClientFrame, FetchLog, Presence, Refused, ServerFrame,
};
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
    /// Rings at the earlier of the two, or before: moving both is cheap, moving this is not.
    alarm: Pin<Box<Sleep>>,
    /// Where the device's limits of speed are.
    bucket: Bucket,
    /// Whether others were told that the device is here.
    is_shown: bool,
}

/// What happened next.
enum Event {
    Received(Message),
    Answer(ServerFrame),
    Frame(Bytes),
    /// The device may have missed something.
    Refresh,
    /// A deadline may have passed.
    Alarm,
}

impl Live {
    /// Takes the device in: registers it first, so that nothing falls between what it is told of the
    /// past and what it gets from now on.
    pub(super) async fn begin(
        socket: WebSocket,
        state: AppState,
        claims: Claims,
    ) -> Result<Self, (Box<WebSocket>, Ending)> {
        let registration = state.delivery.register(claims.user, claims.device);
        let Entered { caller, greeting } = match enter(&state, &registration.place, &claims).await {
            Ok(entered) => entered,
            Err(ending) => return Err((Box::new(socket), ending)),
        };
        registration.place.make_room(caller.device);
        let (now, remaining) = (Instant::now(), claims.expires_at.since(state.clock.now()));
        let (silent_at, expires_at) = (now + PING_DEADLINE, now + remaining);
        let mut live = Self {
            socket,
            caller,
            registration,
            queued: FuturesUnordered::new(),
            work: JoinSet::new(),
            silent_at,
            expires_at,
            alarm: Box::pin(sleep_until(silent_at.min(expires_at))),
            bucket: state.limits.bucket(claims.device.as_bytes()),
            is_shown: false,
            state,
        };
        match live.greet(greeting, claims.expires_at).await {
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
    pub(super) async fn run(&mut self) -> Ending {
        loop {
            let step = match self.next().await {
                Ok(event) => self.serve(event).await,
                Err(ending) => Err(ending),
            };
            if let Err(ending) = step {
                return ending;
            }
        }
    }

    /// Nobody is here any more: what is left is to say farewell.
    pub(super) fn leave(self) -> WebSocket {
        self.socket
    }

    /// Tells the device where everything stands, and what waits for it.
    async fn greet(&mut self, greeting: Greeting, expires_at: Timestamp) -> Result<(), Ending> {
        let Greeting { presence, waiting } = greeting;
        let Waiting { heads, welcomes } = waiting;
        self.send(&ServerFrame::Authenticated(Authenticated {
            now: self.state.clock.now(),
            expires_at,
            heads,
            presence,
        }))
        .await?;
        for welcome in welcomes {
            self.registration.place.waits(welcome.conversation);
            self.send(&ServerFrame::Welcome(welcome)).await?;
        }
        Ok(())
    }

    /// Begins anew on the same connection: what the bus between servers lost is asked for from the heads.
    async fn refresh(&mut self) -> Result<(), Ending> {
        let left = self.expires_at.saturating_duration_since(Instant::now());
        let expires_at = self.state.clock.now().plus(left);
        let claims = Claims {
            user: self.caller.user,
            device: self.caller.device,
            session: self.caller.session,
            expires_at,
        };
        let entered = enter(&self.state, &self.registration.place, &claims).await?;
        self.caller = entered.caller;
        self.greet(entered.greeting, expires_at).await
    }

    async fn standing(&mut self, expires_at: Timestamp) -> Result<Authenticated, Ending> {
        let presence = self.registration.place.who_is_here();
        let heads = self.state.store.heads(self.caller.device).await?;
        Ok(Authenticated {
            now: self.state.clock.now(),
            expires_at,
            heads,
            presence,
        })
    }

    /// Waits for what happens next. Whatever is ready has the same chance: a client to which much is sent is
    /// heard, too. Only the server's own wish to end the connection comes first.
    ///
    /// Cancel safe because each branch is.
    async fn next(&mut self) -> Result<Event, Ending> {
        let Self {
            socket,
            registration,
            queued,
            work,
            alarm,
            ..
        } = self;
        let Registration {
            frames,
            closed,
            refresh,
            ..
        } = registration;
        let happening = async {
            tokio::select! {
                () = alarm.as_mut() => Ok(Event::Alarm),
                () = refresh.notified() => Ok(Event::Refresh),
                Some(frame) = frames.next() => Ok(Event::Frame(frame)),
                Some(answer) = queued.next(), if !queued.is_empty() => Ok(Event::Answer(answer)),
                Some(answer) = work.join_next(), if !work.is_empty() => {
                    answer.map(Event::Answer).map_err(|error| lost(&error))
                }
                message = socket.recv(), if queued.len() + work.len() < PENDING_MAX => match message {
                    Some(Ok(message)) => Ok(Event::Received(message)),
                    Some(Err(error)) => Err(broken(&error)),
                    None => Err(Ending::Gone),
                },
            }
        };
        tokio::select! {
            biased;
            closed = closed => Err(Ending::Closed(closed.unwrap_or(Close::Stopping))),
            event = happening => event,
        }
    }

    /// What is large and rare, or short, is kept apart while it lasts: an idle connection has room for none
    /// of it.
    async fn serve(&mut self, event: Event) -> Result<(), Ending> {
        match event {
            Event::Refresh => Box::pin(self.refresh()).await,
            Event::Alarm => self.judge_deadlines(),
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

    /// Ends the connection if a deadline has passed, and otherwise waits for the next one.
    fn judge_deadlines(&mut self) -> Result<(), Ending> {
        let now = Instant::now();
        if self.expires_at <= now {
            return Err(Ending::Refused(body(ErrorCode::Unauthorized)));
        }
        if self.silent_at <= now {
            return Err(Ending::Silent);
        }
        self.alarm.as_mut().reset(self.silent_at.min(self.expires_at));
        Ok(())
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
        let allowed = limits.take(class, self.bucket).and_then(|()| match class {
            Class::Message => limits.check_guest(Class::GuestMessage, &self.caller),
            _ => Ok(()),
        });
        if allowed.is_err() {
            self.state.metrics.turned_away.limited.inc();
        }
        match (frame, allowed) {
            (ClientFrame::Send(request), allowed) => Box::pin(self.send_message(request, allowed)).await,
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
                let claims = authenticate(&self.state, &request).map_err(Ending::Refused)?;
                Box::pin(self.prolong(&claims)).await
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
                self.registration.place.answered(up_to.conversation);
                Ok(())
            }
            (ClientFrame::CannotProcess(report), Ok(())) => Box::pin(self.suspect(report)).await,
            (ClientFrame::Show(visibility), Ok(())) => {
                self.registration.place.show(visibility);
                Ok(())
            }
            (ClientFrame::Hide(hidden), Ok(())) => self.hide(hidden),
            (ClientFrame::Ping, Ok(())) => self.send(&ServerFrame::Pong).await,
        }
    }

    /// Others are told that the device is here with its first frame, which may say whom to tell.
    fn show_unless_told(&mut self, first: &ClientFrame) {
        if !self.is_shown && !matches!(first, ClientFrame::Show(_) | ClientFrame::Hide(_)) {
            self.registration.place.show(Visibility::Everyone);
        }
        self.is_shown |= !matches!(first, ClientFrame::Hide(_));
    }

    fn hide(&self, hidden: Vec<ConversationId>) -> Result<(), Ending> {
        if hidden.len() > HIDDEN_CONVERSATIONS_MAX {
            return Err(Ending::Refused(body(ErrorCode::BadRequest)));
        }
        self.registration.place.hide(hidden.into_iter().collect());
        Ok(())
    }

    fn signal(&self, signal: SealedSignal, is_allowed: bool) -> Result<(), Ending> {
        if signal.sealed.len() != SIGNAL_BYTES {
            return Err(Ending::Refused(body(ErrorCode::BadRequest)));
        }
        let conversation = signal.conversation;
        if is_allowed && let Some(frame) = self.registration.place.signal(signal) {
            self.state.delivery.bus().signal(conversation, &frame);
        }
        Ok(())
    }

    /// Goes on with a later token of the same device.
    async fn prolong(&mut self, claims: &Claims) -> Result<(), Ending> {
        let session = self.state.store.session(claims.session).await?;
        let caller = judge_session(claims, session, self.state.clock.now()).map_err(refused)?;
        if caller.device != self.caller.device || caller.user != self.caller.user {
            let refused = ErrorBody::new(ErrorCode::Unauthorized, "The token is of another device.");
            return Err(Ending::Refused(refused));
        }
        // A guest may have become an account since.
        self.caller = caller;
        self.expires_at = Instant::now() + claims.expires_at.since(self.state.clock.now());
        self.alarm.as_mut().reset(self.silent_at.min(self.expires_at));
        let authenticated = self.standing(claims.expires_at).await?;
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
            socket,
            registration,
            queued,
            ..
        } = self;
        let Registration { frames, closed, .. } = registration;
        let writing = async {
            socket.feed(Message::Binary(first)).await?;
            for _ in 1..FRAMES_PER_FLUSH {
                let Some(frame) = frames.waiting().or_else(|| answered(queued)) else {
                    break;
                };
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

/// A device that follows its conversations, and is not greeted yet.
struct Entered {
    caller: AuthedDevice,
    greeting: Greeting,
}

/// What a device is told at first.
struct Greeting {
    presence: Vec<Presence>,
    waiting: Waiting,
}

/// Lets a device follow its conversations, if its session goes on.
async fn enter(state: &AppState, place: &Place, claims: &Claims) -> Result<Entered, Ending> {
    // What it follows before the reading, and the reading does not know, is surplus. After the registration,
    // so that a session which is revoked meanwhile is closed by it or seen here.
    let before = place.followed();
    let follow = {
        let (claims, place, now) = (*claims, place.clone(), state.clock.now());
        move |Arrival { session, crowds }| {
            let caller = judge_session(&claims, session, now).map_err(refused)?;
            let now: HashSet<_> = crowds.iter().map(|(conversation, _)| *conversation).collect();
            place.follow(crowds);
            place.unfollow(before.difference(&now));
            Ok::<_, Ending>((caller, place.followed(), place.who_is_here()))
        }
    };
    let settled = state.delivery.bus().settle();
    let whose = (claims.session, claims.device);
    let ((caller, followed, presence), waiting) = state.store.arrival(whose, follow, settled).await?;
    // Whoever was removed between the two readings must not go on following.
    place.unfollow(followed.difference(&conversations(&waiting.heads)));
    state.delivery.bus().note_heads(&waiting.heads);
    let greeting = Greeting { presence, waiting };
    Ok(Entered { caller, greeting })
}

fn refused(error: ApiError) -> Ending {
    Ending::Refused(error.into_body())
}

/// An answer that is ready to be sent with what is being sent.
fn answered(queued: &mut FuturesUnordered<BoxFuture<'static, ServerFrame>>) -> Option<Bytes> {
    let ready = queued.next().now_or_never().flatten()?;
    delivery::encode(&ready)
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

impl From<StoreError> for Ending {
    fn from(error: StoreError) -> Self {
        refused(ApiError::from(error))
    }
}
