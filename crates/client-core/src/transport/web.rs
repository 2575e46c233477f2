//! The transport of a browser's worker: fetch and WebSocket. It knows nothing of what it carries.

use super::{
    ANSWER_BYTES_MAX, CONNECT_TIMEOUT, Cause, Connection, FrameReceiver, FrameSender, HttpRequest,
    HttpResponse, REQUEST_TIMEOUT, STREAM_PATH, Transport, TransportError,
};
use async_trait::async_trait;
use futures::channel::mpsc;
use futures::future::{Either, select};
use futures::{StreamExt, pin_mut};
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::limits::SERVER_FRAME_BYTES_MAX;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    BinaryType, Headers, MessageEvent, Request, RequestCache, RequestCredentials, RequestInit,
    RequestRedirect, Response, WebSocket, WorkerGlobalScope,
};

/// A browser has no back pressure on a WebSocket: with so much unread the connection is given up, and
/// the log is fetched instead.
const QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What may wait to be sent.
const UNSENT_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// The way to the server that the page came from.
#[derive(Debug, Clone)]
pub struct WebTransport {
    origin: String,
}

impl WebTransport {
    /// With the page's `location.origin`.
    pub fn new(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
        }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let headers = Headers::new().map_err(protocol)?;
        let init = RequestInit::new();
        init.set_method(request.method.as_str());
        init.set_cache(RequestCache::NoStore);
        init.set_credentials(RequestCredentials::Omit);
        init.set_redirect(RequestRedirect::Error);
        if let Some(token) = &request.bearer {
            headers
                .set("authorization", &format!("Bearer {token}"))
                .map_err(protocol)?;
        }
        if let Some(range) = request.range_header() {
            headers.set("range", &range).map_err(protocol)?;
        }
        if let Some(body) = &request.body {
            headers
                .set("content-type", request.kind.as_str())
                .map_err(protocol)?;
            init.set_body(&js_sys::Uint8Array::from(body.as_slice()));
        }
        init.set_headers(&headers);
        let url = format!("{}{}", self.origin, request.path);
        let request = Request::new_with_str_and_init(&url, &init).map_err(protocol)?;
        let promise = worker()?.fetch_with_request(&request);
        let response: Response = JsFuture::from(promise)
            .await
            .map_err(unreachable)?
            .unchecked_into();
        let body = response.array_buffer().map_err(unreachable)?;
        let body: js_sys::ArrayBuffer = JsFuture::from(body).await.map_err(unreachable)?.unchecked_into();
        let body = js_sys::Uint8Array::new(&body);
        if usize::try_from(body.length()).map_or(true, |length| length > ANSWER_BYTES_MAX) {
            return Err(TransportError::Protocol("the answer is too large".into()));
        }
        Ok(HttpResponse {
            status: response.status(),
            body: body.to_vec(),
        })
    }

    fn stream_url(&self) -> String {
        // "http…" becomes "ws…", "https…" becomes "wss…".
        format!(
            "ws{}{STREAM_PATH}",
            self.origin.strip_prefix("http").unwrap_or(&self.origin)
        )
    }
}

#[async_trait(?Send)]
impl Transport for WebTransport {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        within(REQUEST_TIMEOUT, self.exchange(request)).await
    }

    async fn connect(&self) -> Result<Connection, TransportError> {
        let (socket, events) = OpenSocket::new(&self.stream_url())?;
        let socket = Rc::new(socket);
        let mut receiver = WebReceiver {
            socket: Rc::clone(&socket),
            events,
        };
        within(CONNECT_TIMEOUT, receiver.opened()).await?;
        Ok(Connection {
            sender: Box::new(WebSender(socket)),
            receiver: Box::new(receiver),
        })
    }

    fn origin(&self) -> &str {
        &self.origin
    }
}

/// What a WebSocket tells, in order.
enum Event {
    Opened,
    Frame(Vec<u8>),
    /// Text, or more than is allowed.
    Unexpected(&'static str),
    Closed,
}

/// A WebSocket with its handlers; both end when it is dropped.
struct OpenSocket {
    socket: WebSocket,
    /// Bytes of frames that were not received by the core yet.
    queued: Rc<Cell<usize>>,
    /// The browser calls them; they live as long as this.
    _handlers: [Closure<dyn FnMut(MessageEvent)>; 3],
}

impl OpenSocket {
    fn new(url: &str) -> Result<(Self, mpsc::UnboundedReceiver<Event>), TransportError> {
        let socket = WebSocket::new(url).map_err(protocol)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let queued = Rc::new(Cell::new(0));
        // Bounded by QUEUE_BYTES_MAX: see `frame_of`.
        let (events, receiver) = mpsc::unbounded();
        let opened = handler(events.clone(), |_| Event::Opened);
        let counted = Rc::clone(&queued);
        let message = handler(events.clone(), move |event| frame_of(&event, &counted));
        let closed = handler(events, |_| Event::Closed);
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        // An error is always followed by the end, and says nothing more.
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Ok((
            Self {
                socket,
                queued,
                _handlers: [opened, message, closed],
            },
            receiver,
        ))
    }

    fn close(&self) {
        if let Err(error) = self.socket.close() {
            tracing::debug!(?error, "the connection did not close cleanly");
        }
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        self.close();
    }
}

fn handler(
    events: mpsc::UnboundedSender<Event>,
    make: impl Fn(MessageEvent) -> Event + 'static,
) -> Closure<dyn FnMut(MessageEvent)> {
    Closure::new(move |event: MessageEvent| {
        // Fails only when the receiving half is gone, and then nobody wants to know.
        drop(events.unbounded_send(make(event)));
    })
}

fn frame_of(event: &MessageEvent, queued: &Cell<usize>) -> Event {
    let Ok(buffer) = event.data().dyn_into::<js_sys::ArrayBuffer>() else {
        return Event::Unexpected("a frame is not binary");
    };
    let bytes = js_sys::Uint8Array::new(&buffer);
    let length = usize::try_from(bytes.length()).unwrap_or(usize::MAX);
    let total = queued.get().saturating_add(length);
    if length > SERVER_FRAME_BYTES_MAX || total > QUEUE_BYTES_MAX {
        return Event::Unexpected("more arrived than fits");
    }
    queued.set(total);
    Event::Frame(bytes.to_vec())
}

struct WebSender(Rc<OpenSocket>);

#[async_trait(?Send)]
impl FrameSender for WebSender {
    async fn send(&mut self, frame: Vec<u8>) -> Result<(), TransportError> {
        let socket = &self.0.socket;
        if socket.ready_state() != WebSocket::OPEN {
            return Err(TransportError::Closed);
        }
        if socket.buffered_amount() > UNSENT_BYTES_MAX {
            // The network takes nothing: the same as an answer that does not come.
            return Err(TransportError::TimedOut);
        }
        socket.send_with_u8_array(&frame).map_err(unreachable)
    }

    async fn close(&mut self) {
        self.0.close();
    }
}

struct WebReceiver {
    socket: Rc<OpenSocket>,
    events: mpsc::UnboundedReceiver<Event>,
}

impl WebReceiver {
    async fn opened(&mut self) -> Result<(), TransportError> {
        match self.events.next().await {
            Some(Event::Opened) => Ok(()),
            // A browser does not tell pages why.
            _ => Err(TransportError::Unreachable(
                "the browser could not open the connection".into(),
            )),
        }
    }
}

#[async_trait(?Send)]
impl FrameReceiver for WebReceiver {
    // Cancel safe because an event leaves the queue only when it is returned.
    async fn receive(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        loop {
            match self.events.next().await {
                Some(Event::Frame(frame)) => {
                    let queued = &self.socket.queued;
                    queued.set(queued.get().saturating_sub(frame.len()));
                    return Ok(Some(frame));
                }
                Some(Event::Opened) => {}
                Some(Event::Unexpected(what)) => {
                    self.socket.close();
                    return Err(TransportError::Protocol(what.into()));
                }
                Some(Event::Closed) | None => return Ok(None),
            }
        }
    }
}

async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    let deadline = gloo_timers::future::sleep(limit);
    pin_mut!(work, deadline);
    match select(work, deadline).await {
        Either::Left((result, _)) => result,
        Either::Right(((), _)) => Err(TransportError::TimedOut),
    }
}

fn worker() -> Result<WorkerGlobalScope, TransportError> {
    js_sys::global()
        .dyn_into::<WorkerGlobalScope>()
        .map_err(|_| TransportError::Unreachable("this does not run in a worker".into()))
}

fn protocol(error: JsValue) -> TransportError {
    TransportError::Protocol(cause(&error))
}

fn unreachable(error: JsValue) -> TransportError {
    TransportError::Unreachable(cause(&error))
}

/// What JavaScript threw, as words for the log.
fn cause(error: &JsValue) -> Cause {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(
            || "an error without a message".to_owned(),
            |e| String::from(e.message()),
        )
        .into()
}
