//! One client: a task that writes what the pacer gives it, and one that counts what the server sends.

use super::socket::{Connector, Frames, Masked, Reader, Writer};
use super::tally::Tally;
use crate::order::Crowd;
use crate::stopwatch::Stopwatch;
use anyhow::{Context as _, Result, bail};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Where a client belongs.
pub(super) struct Place {
    pub(super) crowd: Arc<Crowd>,
    pub(super) number: usize,
    pub(super) tally: Arc<Tally>,
    pub(super) watch: Stopwatch,
}

/// A connected client. Dropping it ends the connection.
pub(super) struct Client {
    pub(super) room: usize,
    counter: AtomicU32,
    outgoing: mpsc::UnboundedSender<Out>,
    known: Arc<Known>,
    tasks: [JoinHandle<()>; 2],
}

/// What its tasks know.
#[derive(Default)]
struct Known {
    /// Messages that were given to it and not written yet.
    waiting: AtomicUsize,
    /// The newest sequence that arrived.
    sequence: AtomicU32,
    /// What was acknowledged last.
    acknowledged: AtomicU32,
    /// Who waits for the next page.
    page: std::sync::Mutex<Option<oneshot::Sender<()>>>,
}

/// What is to be written.
enum Out {
    Message { counter: u32, due: u64 },
    Acknowledge(u32),
    Raw(Vec<u8>),
}

impl Client {
    /// Connects and says who it is; it is there when the server has said so.
    pub(super) async fn connect(connector: &Connector, place: Place) -> Result<Self> {
        let seat = place.crowd.seats.get(place.number).context("no such seat")?;
        let (mut reader, mut writer, mut frames) = connector.open().await?;
        writer.write_all(&Masked::frame(&seat.hello)).await?;
        let is_welcome = frames
            .next(&mut reader)
            .await?
            .starts_with(&place.crowd.signs.welcome);
        if !is_welcome {
            bail!("client {} was not let in", place.number);
        }
        let (outgoing, queue) = mpsc::unbounded_channel();
        let known = Arc::new(Known::default());
        let line = place.crowd.rooms.get(seat.room).cloned();
        let (room, counter) = (seat.room, seat.counter);
        let writing = Writing {
            line: line.as_ref().map(Masked::line),
            ping: place.crowd.signs.ping.clone(),
            acknowledge: line.map(|line| line.acknowledge).unwrap_or_default(),
            known: Arc::clone(&known),
        };
        let listening = Listening {
            known: Arc::clone(&known),
            place,
        };
        Ok(Self {
            room,
            counter: AtomicU32::new(counter),
            outgoing,
            known,
            tasks: [
                tokio::spawn(async move { drop(writing.run(writer, queue).await) }),
                tokio::spawn(listening.run(reader, frames)),
            ],
        })
    }

    /// Sends the next message, which was due at `due`.
    pub(super) fn write(&self, due: u64) {
        let counter = self.counter.fetch_add(1, Relaxed) + 1;
        self.known.waiting.fetch_add(1, Relaxed);
        self.tell(Out::Message { counter, due });
    }

    /// Messages that were given to it and are not written yet.
    pub(super) fn waiting(&self) -> usize {
        self.known.waiting.load(Relaxed)
    }

    pub(super) fn ping(&self) {
        self.tell(Out::Raw(Vec::new()));
    }

    /// Acknowledges what has come since it did so last.
    pub(super) fn acknowledge(&self) {
        let newest = self.known.sequence.load(Relaxed);
        if self.known.acknowledged.swap(newest, Relaxed) < newest {
            self.tell(Out::Acknowledge(newest));
        }
    }

    /// Asks for a part of a log and waits for it.
    pub(super) async fn fetch(&self, frame: &[u8]) -> Result<()> {
        let (came, page) = oneshot::channel();
        if let Ok(mut waiting) = self.known.page.lock() {
            *waiting = Some(came);
        }
        self.tell(Out::Raw(Masked::frame(frame)));
        page.await.context("the connection ended before the page came")
    }

    fn tell(&self, out: Out) {
        // A connection that ended is counted by the one who listens.
        drop(self.outgoing.send(out));
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Writes what waits, all of it at once.
struct Writing {
    line: Option<Masked>,
    ping: Vec<u8>,
    acknowledge: Vec<u8>,
    known: Arc<Known>,
}

impl Writing {
    async fn run(self, mut writer: Writer, mut queue: mpsc::UnboundedReceiver<Out>) -> Result<()> {
        let ping = Masked::frame(&self.ping);
        let (mut batch, mut bytes) = (Vec::new(), Vec::new());
        while queue.recv_many(&mut batch, 64).await > 0 {
            let mut messages = 0;
            for out in batch.drain(..) {
                match out {
                    Out::Message { counter, due } => {
                        messages += 1;
                        let line = self.line.as_ref().context("nowhere to write to")?;
                        line.append(&mut bytes, counter, due);
                    }
                    Out::Acknowledge(sequence) => {
                        let (head, _) = self.acknowledge.split_last_chunk::<4>().context("short")?;
                        bytes.extend(Masked::frame(&[head, &sequence.to_be_bytes()].concat()));
                    }
                    Out::Raw(frame) if frame.is_empty() => bytes.extend_from_slice(&ping),
                    Out::Raw(frame) => bytes.extend_from_slice(&frame),
                }
            }
            writer.write_all(&bytes).await?;
            writer.flush().await?;
            bytes.clear();
            self.known.waiting.fetch_sub(messages, Relaxed);
        }
        Ok(())
    }
}

/// Counts what comes.
struct Listening {
    known: Arc<Known>,
    place: Place,
}

impl Listening {
    async fn run(self, mut reader: Reader, mut frames: Frames) {
        while frames.fill(&mut reader).await.is_ok() {
            let now = self.place.watch.nanoseconds();
            while let Some(frame) = frames.complete() {
                self.hear(frame, now);
            }
        }
        self.place.tally.note_closed();
    }

    fn hear(&self, frame: &[u8], now: u64) {
        let signs = &self.place.crowd.signs;
        if frame.starts_with(&signs.entry) {
            let stamp = frame
                .len()
                .checked_sub(signs.stamp_from_end)
                .and_then(|at| frame.get(at..))
                .and_then(<[u8]>::first_chunk::<8>);
            if let Some(stamp) = stamp {
                self.place.tally.arrived(u64::from_be_bytes(*stamp), now);
            }
            if let Some(sequence) = signs.sequence_at.and_then(|at| number_at(frame, at)) {
                self.known.sequence.fetch_max(sequence, Relaxed);
            }
        } else if frame.starts_with(&signs.refused) {
            self.place.tally.note_refused();
        } else if frame.starts_with(&signs.log)
            && let Ok(mut waiting) = self.known.page.lock()
            && let Some(came) = waiting.take()
        {
            // Whoever asked may have gone away.
            let _ = came.send(());
        }
    }
}

/// A CBOR number below 2^32.
fn number_at(frame: &[u8], at: usize) -> Option<u32> {
    let (first, rest) = frame.get(at..)?.split_first()?;
    match first {
        0..24 => Some((*first).into()),
        0x18 => rest.first().map(|byte| (*byte).into()),
        0x19 => Some(u16::from_be_bytes(*rest.first_chunk()?).into()),
        0x1a => Some(u32::from_be_bytes(*rest.first_chunk()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_all_their_lengths() {
        for (bytes, number) in [
            (&[0x05][..], 5),
            (&[0x18, 200], 200),
            (&[0x19, 1, 0], 256),
            (&[0x1a, 0, 1, 0, 0], 65_536),
        ] {
            assert_eq!(number_at(bytes, 0), Some(number));
        }
        assert_eq!(number_at(&[0x1a, 0], 0), None);
    }
}
