//! A fault proxy between clients and server: it drops, doubles and reorders WebSocket frames, cuts
//! connections, and can swallow everything like a pulled cable. It understands no frame. It stands between
//! a server and its bus as well, where it cuts and swallows only.

use anyhow::{Context, Result};
use futures::{SinkExt, StreamExt};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// How often something happens to a frame, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// The frame is lost.
    pub lose: f64,
    /// The frame arrives twice.
    pub double: f64,
    /// The frame arrives after the next one.
    pub swap: f64,
    /// The connection ends instead.
    pub cut: f64,
}

/// What happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Happened {
    /// Frames that went through.
    pub passed: u64,
    /// Frames lost.
    pub lost: u64,
    /// Frames doubled.
    pub doubled: u64,
    /// Frames that changed places with the next.
    pub swapped: u64,
    /// Connections cut.
    pub cut: u64,
}

/// Whether the network is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Everything passes, but for the faults.
    Up,
    /// Connections end, new ones are refused.
    Down,
    /// Connections stay open and nothing passes: a pulled cable.
    Pulled,
}

struct Shared {
    upstream: Mutex<Option<SocketAddr>>,
    faults: Mutex<Faults>,
    happened: Mutex<Happened>,
    random: Mutex<StdRng>,
    /// Whether what passes is not HTTP.
    is_plain: bool,
    link: watch::Sender<Link>,
}

/// See the module. Stops when it is dropped.
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.shared.link.send_replace(Link::Down);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FaultProxy {
    /// Listens on a free port of the loopback. The seed decides all chances.
    pub async fn start(seed: u64) -> Result<Self> {
        Self::start_as(seed, false).await
    }

    /// The same for something that is not HTTP: nothing happens to its bytes one by one.
    pub async fn start_for_bytes() -> Result<Self> {
        Self::start_as(0, true).await
    }

    async fn start_as(seed: u64, is_plain: bool) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("the proxy cannot listen")?;
        let address = listener.local_addr()?;
        let (link, _) = watch::channel(Link::Up);
        let shared = Arc::new(Shared {
            upstream: Mutex::default(),
            faults: Mutex::default(),
            happened: Mutex::default(),
            random: Mutex::new(StdRng::seed_from_u64(seed)),
            is_plain,
            link,
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            accepting,
        })
    }

    /// The address that clients use.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the server is now; none while it is dead.
    pub fn set_upstream(&self, upstream: Option<SocketAddr>) {
        *lock(&self.shared.upstream) = upstream;
    }

    /// Where the server is now; none while it is dead.
    pub fn upstream(&self) -> Option<SocketAddr> {
        *lock(&self.shared.upstream)
    }

    /// What happens to frames from now on.
    pub fn set_faults(&self, faults: Faults) {
        *lock(&self.shared.faults) = faults;
    }

    /// What happened so far.
    pub fn happened(&self) -> Happened {
        *lock(&self.shared.happened)
    }

    /// Ends all connections and refuses new ones.
    pub fn cut(&self) {
        self.shared.link.send_replace(Link::Down);
    }

    /// Lets nothing through without ending a connection.
    pub fn pull_cable(&self) {
        self.shared.link.send_replace(Link::Pulled);
    }

    /// The network is back.
    pub fn restore(&self) {
        self.shared.link.send_replace(Link::Up);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let upstream = *lock(&shared.upstream);
        let link = *shared.link.borrow();
        if let (Some(upstream), Link::Up) = (upstream, link) {
            tokio::spawn(serve(client, upstream, Arc::clone(&shared)));
        }
        // Otherwise the connection is dropped: nobody is there.
    }
}

async fn serve(client: TcpStream, upstream: SocketAddr, shared: Arc<Shared>) {
    let mut link = shared.link.subscribe();
    let forward = async {
        if !shared.is_plain && is_stream(&client).await {
            forward_frames(client, upstream, &shared).await
        } else {
            forward_bytes(client, upstream).await
        }
    };
    tokio::pin!(forward);
    loop {
        // A pulled cable: the connection lives and nothing moves, for the future is not polled.
        let pulled = *link.borrow_and_update() == Link::Pulled;
        tokio::select! {
            _ended = &mut forward, if !pulled => return,
            changed = link.changed() => {
                if changed.is_err() || *link.borrow() == Link::Down { return; }
            }
        }
    }
}

/// Whether the request is for the WebSocket.
async fn is_stream(client: &TcpStream) -> bool {
    const START: &[u8] = b"GET /api/v1/stream";
    let mut seen = [0; START.len()];
    matches!(client.peek(&mut seen).await, Ok(n) if n == START.len()) && seen == START
}

async fn forward_bytes(mut client: TcpStream, upstream: SocketAddr) -> Result<()> {
    let mut server = TcpStream::connect(upstream).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

#[expect(
    clippy::result_large_err,
    reason = "the signature of the callback is tungstenite's"
)]
async fn forward_frames(client: TcpStream, upstream: SocketAddr, shared: &Shared) -> Result<()> {
    let mut origin = None;
    let client = tokio_tungstenite::accept_hdr_async(client, |request: &Request, response: Response| {
        origin = request.headers().get("origin").cloned();
        Ok(response)
    })
    .await?;
    let mut request = format!("ws://{upstream}/api/v1/stream").into_client_request()?;
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin);
    }
    let server = TcpStream::connect(upstream).await?;
    let (server, _) = tokio_tungstenite::client_async(request, server).await?;
    let (to_client, from_client) = client.split();
    let (to_server, from_server) = server.split();
    tokio::select! {
        ended = pass(from_client, to_server, shared) => ended,
        ended = pass(from_server, to_client, shared) => ended,
    }
}

async fn pass<From, To>(mut from: From, mut to: To, shared: &Shared) -> Result<()>
where
    From: StreamExt<Item = tokio_tungstenite::tungstenite::Result<Message>> + Unpin,
    To: SinkExt<Message, Error = tokio_tungstenite::tungstenite::Error> + Unpin,
{
    let mut held: Option<Message> = None;
    while let Some(frame) = from.next().await {
        let frame = frame?;
        if !frame.is_binary() {
            to.send(frame).await?;
            continue;
        }
        match decide(shared) {
            Fate::Pass => to.send(frame).await?,
            Fate::Lose => continue,
            Fate::Double => {
                to.send(frame.clone()).await?;
                to.send(frame).await?;
            }
            Fate::Swap => {
                if let Some(earlier) = held.replace(frame) {
                    to.send(earlier).await?;
                }
                continue;
            }
            Fate::Cut => return Ok(()),
        }
        if let Some(earlier) = held.take() {
            to.send(earlier).await?;
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Pass,
    Lose,
    Double,
    Swap,
    Cut,
}

fn decide(shared: &Shared) -> Fate {
    let faults = *lock(&shared.faults);
    let chance: f64 = lock(&shared.random).gen_range(0.0..1.0);
    let mut happened = lock(&shared.happened);
    let mut limit = faults.lose;
    if chance < limit {
        happened.lost += 1;
        return Fate::Lose;
    }
    limit += faults.double;
    if chance < limit {
        happened.doubled += 1;
        return Fate::Double;
    }
    limit += faults.swap;
    if chance < limit {
        happened.swapped += 1;
        return Fate::Swap;
    }
    limit += faults.cut;
    if chance < limit {
        happened.cut += 1;
        return Fate::Cut;
    }
    happened.passed += 1;
    Fate::Pass
}
