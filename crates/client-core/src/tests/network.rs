//! The network between one device and the server in memory: it may lose, repeat and swap frames, lose
//! requests and answers, and break at any moment.

use super::server::{Answer, FakeServer};
use crate::transport::{
    Connection, FrameReceiver, FrameSender, HttpRequest, HttpResponse, Method, Transport, TransportError,
};
use async_trait::async_trait;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use undertone_wire::error::ErrorResponse;
use undertone_wire::stream::{ClientFrame, ServerFrame};
use undertone_wire::{ConversationId, DeviceId, ErrorBody, ErrorCode, codec};

/// How often, in a thousand, something happens to a frame or request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faults {
    pub(super) lose: u32,
    pub(super) repeat: u32,
    pub(super) swap: u32,
    pub(super) cut: u32,
}

/// What becomes of a request to enter a room.
#[derive(Debug, Clone, Copy)]
pub(super) enum AtDoor {
    /// Others are first.
    Queued,
    /// It does not arrive.
    Lost,
}

/// The way of one device to the server.
pub(super) struct Link {
    pub(super) server: Rc<FakeServer>,
    pub(super) device: DeviceId,
    pub(super) faults: Cell<Faults>,
    /// No way at all.
    pub(super) down: Cell<bool>,
    /// What becomes of the next requests to enter a room, one after another, before the server answers them.
    pub(super) queue: RefCell<VecDeque<AtDoor>>,
    rng: RefCell<StdRng>,
    /// The number of the connection that stands, if one does.
    standing: Cell<Option<u64>>,
    connections: Cell<u64>,
}

impl Link {
    pub(super) fn new(server: &Rc<FakeServer>, device: DeviceId, seed: u64) -> Rc<Self> {
        Rc::new(Self {
            server: Rc::clone(server),
            device,
            faults: Cell::default(),
            down: Cell::new(false),
            queue: RefCell::default(),
            rng: RefCell::new(StdRng::seed_from_u64(seed)),
            standing: Cell::new(None),
            connections: Cell::new(0),
        })
    }

    /// Breaks the connection that stands, without a word to either side... but the server notices.
    pub(super) fn cut(&self) {
        if self.standing.take().is_some() {
            self.server.disconnect(self.device);
        }
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.get()
    }

    fn happens(&self, in_a_thousand: u32) -> bool {
        in_a_thousand > 0 && self.rng.borrow_mut().gen_range(0..1000) < in_a_thousand
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let path = request.path.split('?').next().unwrap();
        let parts: Vec<_> = path.trim_start_matches("/api/v1/").split('/').collect();
        let body = request.body.as_deref().unwrap_or_default();
        let server = &self.server;
        let query = request.path.split_once('?').map(|(_, query)| query);
        match (request.method, parts.as_slice()) {
            (Method::Get, ["conversations"]) if query == Some("scope=user") => {
                json(Ok(server.heads_of_user(self.device)))
            }
            (Method::Get, ["people"]) => json(Ok(server.people())),
            (Method::Get, ["people", user]) => json(server.person(user.parse().unwrap())),
            (Method::Post, ["people", user, "key-packages"]) => json(Ok(server.claim(user.parse().unwrap()))),
            (Method::Get, ["key-packages"]) => json(Ok(server.stock(self.device))),
            (Method::Post, ["key-packages"]) => json(Ok(
                server.upload(self.device, serde_json::from_slice(body).unwrap())
            )),
            (Method::Get, ["conversations"]) => json(Ok(server.heads(self.device))),
            (Method::Post, ["conversations"]) => {
                json(server.create(self.device, serde_json::from_slice(body).unwrap()))
            }
            (_, ["blobs", rest @ ..]) => server.blobs().answer(self.device, request, rest),
            (_, ["rooms", call]) => self.at_door(call, body),
            (method, ["conversations", id, rest @ ..]) => {
                self.in_conversation((method, rest), id.parse().unwrap(), body)
            }
            _ => json::<()>(Err(ErrorBody::new(ErrorCode::NotFound, path))),
        }
    }

    fn at_door(&self, call: &str, body: &[u8]) -> HttpResponse {
        let server = &self.server;
        match call {
            "look" => json(server.look(&read(body))),
            "enter" => json(server.enter(&read(body))),
            "knock" => json(server.knock(self.device, read(body))),
            _ => json::<()>(Err(ErrorBody::new(ErrorCode::NotFound, call))),
        }
    }

    fn in_conversation(
        &self,
        (method, rest): (Method, &[&str]),
        id: ConversationId,
        body: &[u8],
    ) -> HttpResponse {
        let server = &self.server;
        match (method, rest) {
            (Method::Get, ["group"]) => json(server.group(self.device, id)),
            (Method::Post, ["join"]) => json(server.join(self.device, &read(body))),
            (Method::Post, ["proposals"]) => json(server.propose(self.device, &read(body))),
            (Method::Put, ["group-info"]) => json(server.replace_group_info(id, read(body))),
            (Method::Put, ["sealed-state"]) => json(server.replace_sealed_state(id, read(body))),
            (Method::Get, ["knock"]) => json(server.stands_at_door(self.device, id)),
            (Method::Get, ["ended"]) => json(Ok(server.ended(id))),
            (Method::Get, ["knocks"]) => json(Ok(server.knocks(id))),
            (Method::Delete, ["knocks", device]) => {
                server.refuse_knock(id, device.parse().unwrap());
                json(Ok(()))
            }
            _ => json::<()>(Err(ErrorBody::new(ErrorCode::NotFound, "no such call"))),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).unwrap()
}

pub(super) fn json<T: Serialize>(answer: Answer<T>) -> HttpResponse {
    match answer {
        Ok(value) => HttpResponse {
            status: 200,
            body: serde_json::to_vec(&value).unwrap(),
        },
        Err(error) => {
            let status = error.code.status();
            HttpResponse {
                status,
                body: serde_json::to_vec(&ErrorResponse { error }).unwrap(),
            }
        }
    }
}

/// A [`Link`] behind an `Rc`, as a transport.
pub(super) struct LinkTransport(pub(super) Rc<Link>);

#[async_trait(?Send)]
impl Transport for LinkTransport {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let link = &self.0;
        let faults = link.faults.get();
        if link.down.get() || link.happens(faults.lose) {
            return Err(TransportError::TimedOut);
        }
        if request.path.ends_with("/rooms/enter") {
            let turn = link.queue.borrow_mut().pop_front();
            match turn {
                Some(AtDoor::Queued) => {
                    let queued = ErrorBody::new(ErrorCode::JoinQueued, "others are first");
                    return Ok(json::<()>(Err(queued)));
                }
                Some(AtDoor::Lost) => return Err(TransportError::TimedOut),
                None => {}
            }
        }
        let response = link.answer(&request);
        if link.happens(faults.lose) {
            Err(TransportError::TimedOut)
        } else {
            Ok(response)
        }
    }

    async fn connect(&self) -> Result<Connection, TransportError> {
        let link = &self.0;
        if link.down.get() {
            return Err(TransportError::TimedOut);
        }
        link.cut();
        let number = link.connections.get() + 1;
        link.connections.set(number);
        link.standing.set(Some(number));
        let (to_client, from_server) = unbounded();
        let end = End {
            link: Rc::clone(link),
            number,
        };
        Ok(Connection {
            sender: Box::new(Sender {
                end: end.clone(),
                to_client: Some(to_client),
            }),
            receiver: Box::new(Receiver {
                end,
                from_server,
                waiting: None,
            }),
        })
    }

    #[expect(clippy::unnecessary_literal_bound, reason = "the trait says so")]
    fn origin(&self) -> &str {
        "http://localhost"
    }
}

#[derive(Clone)]
struct End {
    link: Rc<Link>,
    number: u64,
}

impl End {
    fn stands(&self) -> bool {
        self.link.standing.get() == Some(self.number) && !self.link.down.get()
    }
}

struct Sender {
    end: End,
    to_client: Option<futures::channel::mpsc::UnboundedSender<ServerFrame>>,
}

#[async_trait(?Send)]
impl FrameSender for Sender {
    async fn send(&mut self, frame: Vec<u8>) -> Result<(), TransportError> {
        let link = &self.end.link;
        let faults = link.faults.get();
        if link.happens(faults.cut) {
            link.cut();
        }
        if !self.end.stands() {
            return Err(TransportError::Closed);
        }
        let frame: ClientFrame = codec::from_cbor(&frame).unwrap();
        if let (ClientFrame::Authenticate(_), Some(to_client)) = (&frame, self.to_client.take()) {
            link.server.authenticate(link.device, to_client);
            return Ok(());
        }
        if link.happens(faults.lose) {
            return Ok(());
        }
        if link.happens(faults.repeat) {
            link.server.receive(link.device, frame.clone());
        }
        link.server.receive(link.device, frame);
        if link.happens(faults.cut) {
            link.cut();
        }
        Ok(())
    }

    async fn close(&mut self) {
        if self.end.stands() {
            self.end.link.cut();
        }
    }
}

struct Receiver {
    end: End,
    from_server: UnboundedReceiver<ServerFrame>,
    /// Held back, so that the next one overtakes it, or to come again.
    waiting: Option<ServerFrame>,
}

#[async_trait(?Send)]
impl FrameReceiver for Receiver {
    async fn receive(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        let link = Rc::clone(&self.end.link);
        if let Some(frame) = self.waiting.take() {
            return Ok(Some(codec::to_cbor(&frame).unwrap()));
        }
        loop {
            let Some(frame) = self.from_server.next().await else {
                return Ok(None);
            };
            let faults = link.faults.get();
            if !self.end.stands() {
                return Ok(None);
            }
            if link.happens(faults.lose) {
                continue;
            }
            if link.happens(faults.repeat) {
                self.waiting = Some(frame.clone());
            } else if link.happens(faults.swap) {
                // Only what has arrived already can overtake.
                if let Ok(next) = self.from_server.try_recv() {
                    self.waiting = Some(frame);
                    return Ok(Some(codec::to_cbor(&next).unwrap()));
                }
            }
            return Ok(Some(codec::to_cbor(&frame).unwrap()));
        }
    }
}
