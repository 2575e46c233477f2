//! How requests and frames reach the server: HTTP and one WebSocket, behind traits, so that tests can
//! put something else in between. What the bytes mean is [`api`]'s and the sync's business.

pub mod api;
mod call;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub mod web;

use async_trait::async_trait;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// Where the WebSocket is.
pub(crate) const STREAM_PATH: &str = "/api/v1/stream";
/// The longest time from a request to the end of its answer.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest time until a connection stands, handshakes included.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// The largest answer that is read: a full log page of commits is the largest thing there is.
pub(crate) const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The way to one server.
#[async_trait(?Send)]
pub trait Transport {
    /// Makes a request and reads the whole answer, whatever its status. Dropping the future gives the
    /// request up; the server may have carried it out.
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError>;

    /// Opens the WebSocket. Nothing is sent over it yet.
    async fn connect(&self) -> Result<Connection, TransportError>;

    /// The server's address as the user knows it, without a path.
    fn origin(&self) -> &str;
}

/// An open WebSocket, in two halves that live on the same thread.
pub struct Connection {
    /// For what the client says.
    pub sender: Box<dyn FrameSender>,
    /// For what the server says.
    pub receiver: Box<dyn FrameReceiver>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection(…)")
    }
}

/// The half of a WebSocket that sends.
#[async_trait(?Send)]
pub trait FrameSender {
    /// Hands a frame to the network. Not an acknowledgement. After an error or a drop in between the
    /// connection is of no use.
    async fn send(&mut self, frame: Vec<u8>) -> Result<(), TransportError>;

    /// Ends the connection; the receiving half sees its end.
    async fn close(&mut self);
}

/// The half of a WebSocket that receives.
#[async_trait(?Send)]
pub trait FrameReceiver {
    /// The next frame, or `None` at the end. Cancel safe: a frame is taken only when it is returned.
    async fn receive(&mut self) -> Result<Option<Vec<u8>>, TransportError>;
}

/// How a request is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or changes.
    Post,
    /// Replaces.
    Put,
    /// Ends.
    Delete,
}

impl Method {
    /// As it stands in the request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// What the body of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BodyKind {
    /// JSON.
    #[default]
    Json,
    /// Bytes of a sealed file.
    Bytes,
}

impl BodyKind {
    /// As it stands in the request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Bytes => "application/octet-stream",
        }
    }
}

/// A request with a body or none. `Debug` shows neither body nor token.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// What kind.
    pub method: Method,
    /// Path and query, from the slash on.
    pub path: String,
    /// The access token, where one is needed.
    pub bearer: Option<String>,
    /// What is sent.
    pub body: Option<Vec<u8>>,
    /// What that is.
    pub kind: BodyKind,
    /// Only the bytes from the first to before the second are asked for.
    pub range: Option<(u64, u64)>,
}

impl HttpRequest {
    /// As it stands in the request: both ends belong to it (RFC 9110 section 14.2).
    pub fn range_header(&self) -> Option<String> {
        let (from, to) = self.range?;
        Some(format!("bytes={from}-{}", to.saturating_sub(1)))
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "HttpRequest({} {path})", self.method.as_str())
    }
}

/// An answer. `Debug` shows its status only.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// The body, at most 16 MiB.
    pub body: Vec<u8>,
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpResponse({}, {} bytes)", self.status, self.body.len())
    }
}

/// The cause below a [`TransportError`]: of reqwest, tungstenite, rustls or the browser.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// Why the server could not be asked. Whether it acted is unknown, except where said.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The address of the server cannot be used; nothing was sent.
    #[error("the server's address is not a valid one: {0}")]
    Address(AddressProblem),
    /// A CA file or the system's certificates cannot be used; nothing was sent.
    #[error("the certificates to trust cannot be read")]
    Trust(#[source] Cause),
    /// The server shows a certificate that is not trusted; nothing was sent.
    #[error("the server's certificate is not trusted")]
    Certificate(#[source] Cause),
    /// The network or the server is not there, or went away.
    #[error("the server cannot be reached")]
    Unreachable(#[source] Cause),
    /// No answer in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The server answered the wish for a WebSocket with this HTTP status.
    #[error("the server refused the connection (HTTP status {0})")]
    HandshakeRefused(u16),
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
    /// The other side broke HTTP or the WebSocket protocol, or sent more than a limit allows.
    #[error("the answer is not of the expected form")]
    Protocol(#[source] Cause),
}

impl TransportError {
    /// The stable word that programs may rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "server_address",
            Self::Trust(_) => "ca_file",
            Self::Certificate(_) => "certificate",
            Self::Unreachable(_)
            | Self::TimedOut
            | Self::HandshakeRefused(_)
            | Self::Closed
            | Self::Protocol(_) => "unreachable",
        }
    }
}

/// What is wrong with the address of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// Not a URL, or one with more than a scheme, a host and a port.
    #[error("it has the form https://host or https://host:port")]
    Form,
    /// Neither http nor https.
    #[error("it begins with https:// (or http:// on this machine)")]
    Scheme,
    /// http to another machine: tokens would travel readable.
    #[error("http:// is for servers on this machine only; use https://")]
    PlainHttp,
}
