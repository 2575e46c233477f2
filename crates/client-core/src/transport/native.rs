//! The transport of native programs: reqwest for HTTP, tungstenite for the WebSocket, both over the
//! same rustls configuration. It knows nothing of what it carries.

use super::{
    ANSWER_BYTES_MAX, AddressProblem, CONNECT_TIMEOUT, Cause, Connection, FrameReceiver, FrameSender,
    HttpRequest, HttpResponse, Method, REQUEST_TIMEOUT, STREAM_PATH, Transport, TransportError,
};
use async_trait::async_trait;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use reqwest::Url;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::error::Error as StdError;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use undertone_wire::limits::{HTTP_IDLE_MAX, PING_DEADLINE, SERVER_FRAME_BYTES_MAX};

const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
const SOCKET_BUFFER_BYTES: usize = 16 * 1024;

/// The way to one server from a native program. It needs a tokio runtime, any kind.
#[derive(Debug)]
pub struct NativeTransport {
    address: ServerAddress,
    http: reqwest::Client,
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl NativeTransport {
    /// For a server such as `https://chat.example.org`. With `ca`, a file of PEM certificates, these
    /// alone are trusted; without, what the system trusts.
    pub fn new(server_url: &str, ca: Option<&Path>) -> Result<Self, TransportError> {
        let address = ServerAddress::parse(server_url)?;
        let tls = if address.is_https() {
            Some(Arc::new(tls_config(ca)?))
        } else {
            None
        };
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(HTTP_IDLE_MAX / 2)
            .timeout(REQUEST_TIMEOUT);
        if let Some(tls) = &tls {
            builder = builder.tls_backend_preconfigured(tls.as_ref().clone());
        } else {
            // Nothing is fetched over TLS from a plain address: no need to read the system's certificates.
            builder = builder.tls_certs_only([]);
        }
        let http = builder
            .build()
            .map_err(|error| TransportError::Trust(error.into()))?;
        Ok(Self { address, http, tls })
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let url = self.address.join(&request.path)?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self.http.request(method, url);
        if let Some(token) = &request.bearer {
            builder = builder.bearer_auth(token);
        }
        if let Some(range) = request.range_header() {
            builder = builder.header("range", range);
        }
        if let Some(body) = request.body {
            builder = builder.header("content-type", request.kind.as_str()).body(body);
        }
        let mut response = builder.send().await.map_err(http_error)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(http_error)? {
            if body.len().saturating_add(chunk.len()) > ANSWER_BYTES_MAX {
                return Err(TransportError::Protocol("the answer is too large".into()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status, body })
    }

    async fn open_socket(&self) -> Result<Socket, TransportError> {
        let (host, port) = self.address.host_and_port();
        let stream = TcpStream::connect((host, port)).await.map_err(io_error)?;
        // Frames are small and waited for; without Nagle's delay.
        stream.set_nodelay(true).map_err(io_error)?;
        let connector = self.tls.clone().map_or(Connector::Plain, Connector::Rustls);
        let config = WebSocketConfig::default()
            .read_buffer_size(SOCKET_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(SERVER_FRAME_BYTES_MAX))
            .max_frame_size(Some(SERVER_FRAME_BYTES_MAX));
        let url = self.address.stream_url()?;
        let (socket, _) = client_async_tls_with_config(url.as_str(), stream, Some(config), Some(connector))
            .await
            .map_err(ws_error)?;
        Ok(socket)
    }
}

#[async_trait(?Send)]
impl Transport for NativeTransport {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        timeout(REQUEST_TIMEOUT, self.exchange(request))
            .await
            .unwrap_or(Err(TransportError::TimedOut))
    }

    async fn connect(&self) -> Result<Connection, TransportError> {
        let socket = timeout(CONNECT_TIMEOUT, self.open_socket())
            .await
            .unwrap_or(Err(TransportError::TimedOut))?;
        let (sink, stream) = socket.split();
        Ok(Connection {
            sender: Box::new(NativeSender(sink)),
            receiver: Box::new(NativeReceiver(stream)),
        })
    }

    fn origin(&self) -> &str {
        &self.address.origin
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct NativeSender(SplitSink<Socket, Message>);

#[async_trait(?Send)]
impl FrameSender for NativeSender {
    async fn send(&mut self, frame: Vec<u8>) -> Result<(), TransportError> {
        // Who takes nothing for so long is gone; the receiving half would find out at the same time.
        match timeout(PING_DEADLINE, self.0.send(Message::binary(frame))).await {
            Ok(sent) => sent.map_err(ws_error),
            Err(_elapsed) => Err(TransportError::TimedOut),
        }
    }

    async fn close(&mut self) {
        // Politeness only: dropping the socket ends it as well.
        if let Ok(Err(error)) = timeout(CLOSE_TIMEOUT, self.0.close()).await {
            tracing::debug!(%error, "the connection did not close cleanly");
        }
    }
}

struct NativeReceiver(SplitStream<Socket>);

#[async_trait(?Send)]
impl FrameReceiver for NativeReceiver {
    // Cancel safe because `next` is: tungstenite keeps what it has read of a frame.
    async fn receive(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        while let Some(message) = self.0.next().await {
            match message {
                Ok(Message::Binary(frame)) => return Ok(Some(frame.into())),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(Message::Close(_)) | Err(WsError::ConnectionClosed | WsError::AlreadyClosed) => {
                    return Ok(None);
                }
                Ok(Message::Text(_) | Message::Frame(_)) => {
                    return Err(TransportError::Protocol("a frame is not binary".into()));
                }
                Err(error) => return Err(ws_error(error)),
            }
        }
        Ok(None)
    }
}

/// A parsed server address: scheme, host and port, nothing more.
#[derive(Debug, Clone)]
struct ServerAddress {
    url: Url,
    origin: String,
}

impl ServerAddress {
    fn parse(text: &str) -> Result<Self, TransportError> {
        let problem = TransportError::Address;
        let url = Url::parse(text.trim()).map_err(|_not_a_url| problem(AddressProblem::Form))?;
        let plain_extras = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let no_user = url.username().is_empty() && url.password().is_none();
        let host = url.host_str().ok_or(problem(AddressProblem::Form))?;
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(host) => {}
            "http" => return Err(problem(AddressProblem::PlainHttp)),
            _ => return Err(problem(AddressProblem::Scheme)),
        }
        if !plain_extras || !no_user {
            return Err(problem(AddressProblem::Form));
        }
        let origin = url.origin().ascii_serialization();
        Ok(Self { url, origin })
    }

    fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    fn host_and_port(&self) -> (&str, u16) {
        // Both are there: `parse` saw the host, and both schemes have a port.
        let host = self.url.host_str().unwrap_or_default();
        (
            host.trim_matches(['[', ']']),
            self.url.port_or_known_default().unwrap_or_default(),
        )
    }

    fn join(&self, path: &str) -> Result<Url, TransportError> {
        Url::parse(&format!("{}{path}", self.origin)).map_err(|error| TransportError::Protocol(error.into()))
    }

    fn stream_url(&self) -> Result<Url, TransportError> {
        let mut url = self.join(STREAM_PATH)?;
        let scheme = if self.is_https() { "wss" } else { "ws" };
        url.set_scheme(scheme)
            .map_err(|()| TransportError::Address(AddressProblem::Scheme))?;
        Ok(url)
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn tls_config(ca: Option<&Path>) -> Result<rustls::ClientConfig, TransportError> {
    let mut roots = rustls::RootCertStore::empty();
    match ca {
        Some(path) => {
            let pem = std::fs::read(path).map_err(|error| TransportError::Trust(error.into()))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|error| TransportError::Trust(error.into()))?;
                roots
                    .add(certificate)
                    .map_err(|error| TransportError::Trust(error.into()))?;
            }
        }
        // Single certificates of the system that cannot be read are left out, as everywhere.
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    if roots.is_empty() {
        return Err(TransportError::Trust("there is no certificate to trust".into()));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| TransportError::Trust(error.into()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn http_error(error: reqwest::Error) -> TransportError {
    if is_certificate_error(&error) {
        TransportError::Certificate(error.into())
    } else if error.is_timeout() {
        TransportError::TimedOut
    } else if error.is_decode() {
        TransportError::Protocol(error.into())
    } else {
        TransportError::Unreachable(error.into())
    }
}

fn ws_error(error: WsError) -> TransportError {
    match error {
        WsError::ConnectionClosed | WsError::AlreadyClosed => TransportError::Closed,
        WsError::Http(response) => TransportError::HandshakeRefused(response.status().as_u16()),
        error if is_certificate_error(&error) => TransportError::Certificate(error.into()),
        WsError::Io(error) => TransportError::Unreachable(error.into()),
        error => TransportError::Protocol(Cause::from(error)),
    }
}

fn io_error(error: io::Error) -> TransportError {
    TransportError::Unreachable(error.into())
}

/// Looks for a certificate error of rustls among the causes, also inside `io::Error`s, which do not
/// show what they hold as their source.
fn is_certificate_error(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return matches!(tls, rustls::Error::InvalidCertificate(_));
        }
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inside {
            Some(inside) => Some(inside as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::BodyKind;
    use super::*;

    fn problem(text: &str) -> AddressProblem {
        match ServerAddress::parse(text) {
            Err(TransportError::Address(problem)) => problem,
            other => panic!("{text} gave {other:?}"),
        }
    }

    #[test]
    fn an_address_is_scheme_host_and_port() {
        let address = ServerAddress::parse(" https://Chat.example.org/ ").unwrap();
        assert_eq!(address.origin, "https://chat.example.org");
        assert_eq!(address.host_and_port(), ("chat.example.org", 443));
        assert_eq!(
            address.stream_url().unwrap().as_str(),
            "wss://chat.example.org/api/v1/stream"
        );
        let address = ServerAddress::parse("http://[::1]:8080").unwrap();
        assert_eq!(address.host_and_port(), ("::1", 8080));
        assert_eq!(
            address.join("/api/v1/server").unwrap().as_str(),
            "http://[::1]:8080/api/v1/server"
        );
    }

    #[test]
    fn addresses_that_cannot_be_used_are_refused_with_a_reason() {
        for text in [
            "",
            "chat",
            "https://",
            "https://a/b",
            "https://a?b",
            "https://a#b",
            "https://u:p@a",
        ] {
            assert_eq!(problem(text), AddressProblem::Form, "{text}");
        }
        assert_eq!(problem("ftp://a"), AddressProblem::Scheme);
        for text in [
            "http://chat.example.org",
            "http://192.168.1.2:8080",
            "http://localhost.example.org",
        ] {
            assert_eq!(problem(text), AddressProblem::PlainHttp, "{text}");
        }
        for text in ["http://localhost:1", "http://127.0.0.1", "http://[::1]"] {
            assert!(ServerAddress::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_ca_file_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        assert!(matches!(
            NativeTransport::new("https://a", Some(&path)),
            Err(TransportError::Trust(_))
        ));
        std::fs::write(&path, "not a certificate").unwrap();
        assert!(matches!(
            NativeTransport::new("https://a", Some(&path)),
            Err(TransportError::Trust(_))
        ));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_server_that_is_not_there_is_unreachable() {
        // Port 1 of this machine: nobody listens.
        let transport = NativeTransport::new("http://127.0.0.1:1", None).unwrap();
        let request = HttpRequest {
            method: Method::Get,
            path: "/".to_owned(),
            bearer: None,
            body: None,
            kind: BodyKind::Json,
            range: None,
        };
        assert!(matches!(
            transport.request(request).await,
            Err(TransportError::Unreachable(_))
        ));
        assert!(matches!(
            transport.connect().await,
            Err(TransportError::Unreachable(_))
        ));
    }
}
