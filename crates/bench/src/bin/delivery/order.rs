//! What this program tells the load's process, and what it hears of it: one line of JSON each.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Connect all these clients, in place of those that are connected.
    Connect(Box<Crowd>),
    /// Send messages at a rate, whatever becomes of them.
    Send(Flow),
    /// Ask for parts of a log, one after the other.
    Fetch(Reading),
    /// Drop all connections, come back and fetch what was missed.
    Return(Reading),
}

/// Where the server is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    /// The authority that vouches for it, if it is to be spoken to encrypted.
    pub(crate) authority: Option<PathBuf>,
}

/// Clients, and what they say.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Crowd {
    pub(crate) target: Target,
    pub(crate) seats: Vec<Seat>,
    pub(crate) rooms: Vec<Line>,
    pub(crate) signs: Signs,
    /// How many connect at the same time.
    pub(crate) at_once: usize,
    /// Whether they acknowledge what they get, as often as real clients.
    pub(crate) acknowledge: bool,
}

/// One client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seat {
    /// The frame with which it says who it is.
    pub(crate) hello: Vec<u8>,
    /// The room that it writes to.
    pub(crate) room: usize,
    /// The last counter that the server knows of it.
    pub(crate) counter: u32,
}

/// The frame with which a message is sent into a room, but for counter and time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) frame: Vec<u8>,
    /// Where four bytes of counter go.
    pub(crate) counter_at: usize,
    /// Where eight bytes of time go.
    pub(crate) stamp_at: usize,
    /// How many get it, the sender included.
    pub(crate) members: u64,
    /// The frame that acknowledges, but for the sequence in its last four bytes.
    pub(crate) acknowledge: Vec<u8>,
}

/// By which a client knows the frames of the server, without decoding them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Signs {
    /// How the answer to the first frame begins.
    pub(crate) welcome: Vec<u8>,
    /// How an entry begins.
    pub(crate) entry: Vec<u8>,
    /// How a refusal begins.
    pub(crate) refused: Vec<u8>,
    /// How a part of a log begins.
    pub(crate) log: Vec<u8>,
    /// How far before an entry's end its time stands.
    pub(crate) stamp_from_end: usize,
    /// Where an entry's sequence begins; none if it has none.
    pub(crate) sequence_at: Option<usize>,
    /// What is sent now and then to show that a client is there.
    pub(crate) ping: Vec<u8>,
}

/// Messages at a steady rate.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Flow {
    /// Messages a second, of all clients together.
    pub(crate) rate: f64,
    /// For how long.
    pub(crate) seconds: f64,
    /// How long is waited for what is under way at the end.
    pub(crate) patience_s: f64,
    /// One client that sends as fast as the server lets it; its messages are not measured.
    pub(crate) flood: Option<usize>,
}

/// Parts of a log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// The frames that ask; each client takes the next.
    pub(crate) frames: Vec<Vec<u8>>,
    /// How often.
    pub(crate) times: usize,
}

/// What became of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// All are connected, after so many seconds.
    Connected(f64),
    /// See [`Sent`].
    Sent(Sent),
    /// Medians and tails of what was read, in milliseconds, and the seconds for all of it.
    Read { p50_ms: f64, p99_ms: f64, seconds: f64 },
    /// It went wrong.
    Failed(String),
}

/// What became of a flow.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Sent {
    /// Messages that were sent.
    pub(crate) messages: u64,
    /// Deliveries that were due.
    pub(crate) expected: u64,
    /// Deliveries that were seen.
    pub(crate) delivered: u64,
    /// Messages that the server refused.
    pub(crate) refused: u64,
    /// Connections that ended.
    pub(crate) closed: u64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
    /// From the first due instant to the last delivery.
    pub(crate) seconds: f64,
    /// Seconds of processor that the load took for it.
    pub(crate) load_cpu_s: f64,
}
