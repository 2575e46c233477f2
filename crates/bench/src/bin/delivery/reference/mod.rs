//! The bare reference: a WebSocket broadcaster that writes each message into an encrypted SQLite file, waits
//! for the disk with all that came meanwhile, and hands it to the room. The least that a server must do which
//! stores what it delivers: it knows no accounts, no order between nodes, no epochs, no limits. With the same
//! framework, buffers and database settings as the real one.

mod log;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use bytes::Bytes;
use futures::SinkExt as _;
use log::{Log, Written};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// As the real server has them.
const READ_BUFFER_BYTES: usize = 4096;
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
const FRAMES_PER_FLUSH: usize = 64;
const QUEUE_FRAMES_MAX: usize = 1024;
/// How the frames begin by which a client knows them.
const WELCOME: &[u8] = b"\xa1\x6dauthenticated";
const PAGE: &[u8] = b"\xa1\x63log";
/// The first byte of a frame that asks for the end of a room's log; no CBOR of ours begins so.
pub(crate) const FETCH: u8 = 0xff;

/// Rooms, and the queues of those who are in them.
#[derive(Default)]
struct Hub(Mutex<Vec<Vec<mpsc::Sender<Bytes>>>>);

#[derive(Clone)]
struct Shared {
    hub: Arc<Hub>,
    log: Log,
}

/// Serves until it is killed.
#[expect(clippy::print_stdout, reason = "the address, for whoever started this")]
pub(crate) async fn run(directory: &Path, tls: Option<(PathBuf, PathBuf)>) -> Result<()> {
    let hub = Arc::new(Hub::default());
    let publisher = Arc::clone(&hub);
    let log = Log::open(&directory.join("reference.db"), move |written| {
        publisher.broadcast(written);
    })?;
    let router = Router::new()
        .route("/api/v1/stream", get(open))
        .with_state(Shared { hub, log });
    let service = router.into_make_service();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    println!(
        "{}",
        serde_json::json!({ "ready": true, "local": format!("http://{address}") })
    );
    let handle = Handle::<SocketAddr>::new();
    let server = axum_server::from_tcp(listener)?.handle(handle);
    match tls {
        None => server.acceptor(NoDelayAcceptor::new()).serve(service).await?,
        Some((certificate, key)) => {
            let config = RustlsConfig::from_pem_file(certificate, key).await?;
            let acceptor = RustlsAcceptor::new(config).acceptor(NoDelayAcceptor::new());
            server.acceptor(acceptor).serve(service).await?;
        }
    }
    Ok(())
}

async fn open(State(shared): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .on_upgrade(move |socket| async move {
            // Whoever goes away is no concern of a benchmark.
            drop(serve(socket, shared).await);
        })
}

/// The first frame names the room and how many bytes are put in front of each message there, so that
/// frames are as long as the real server's.
async fn serve(mut socket: WebSocket, shared: Shared) -> Result<()> {
    let first = loop {
        if let Message::Binary(bytes) = socket.recv().await.context("gone")?? {
            break bytes;
        }
    };
    let (room, front) = first.split_first_chunk::<4>().context("a short hello")?;
    let room = u32::from_be_bytes(*room);
    let front = Bytes::copy_from_slice(front);
    let (queue, mut frames) = mpsc::channel(QUEUE_FRAMES_MAX);
    shared.hub.enter(room, queue);
    socket.send(Message::Binary(Bytes::from_static(WELCOME))).await?;
    loop {
        tokio::select! {
            biased;
            frame = frames.recv() => {
                socket.feed(Message::Binary(frame.context("left behind")?)).await?;
                for _ in 1..FRAMES_PER_FLUSH {
                    let Ok(frame) = frames.try_recv() else { break };
                    socket.feed(Message::Binary(frame)).await?;
                }
                socket.flush().await?;
            }
            message = socket.recv() => match message.context("gone")?? {
                Message::Binary(bytes) => match bytes.split_first() {
                    Some((&FETCH, count)) => {
                        let count = count.first().copied().unwrap_or_default();
                        let page = shared.log.page(room, count).await?;
                        socket.send(Message::Binary([PAGE, &page].concat().into())).await?;
                    }
                    Some(_) if bytes.len() > 64 => {
                        shared.log.append(room, front.clone(), bytes).await?;
                    }
                    _ => {}
                },
                Message::Close(_) => return Ok(()),
                _ => {}
            },
        }
    }
}

impl Hub {
    fn enter(&self, room: u32, queue: mpsc::Sender<Bytes>) {
        let room = usize::try_from(room).unwrap_or_default();
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.len() <= room {
            rooms.resize_with(room + 1, Vec::new);
        }
        if let Some(queues) = rooms.get_mut(room) {
            queues.push(queue);
        }
    }

    /// Whoever is too slow, or gone, is left behind.
    fn broadcast(&self, written: Written) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (room, frame) in written {
            let room = usize::try_from(room).unwrap_or_default();
            if let Some(queues) = rooms.get_mut(room) {
                queues.retain(|queue| queue.try_send(frame.clone()).is_ok());
            }
        }
    }
}
