//! Somebody who writes while others come, in a thread of their own: what they wait for is the server and
//! their own device, not the devices of everybody else.

use crate::crowd::{Guest, Meeting};
use anyhow::{Context as _, Result, anyhow};
use futures::StreamExt as _;
use rand::rngs::OsRng;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, interval};
use undertone_client_core::MessageKey;
use undertone_system_tests::in_one_thread;
use undertone_wire::ConversationId;

/// A message this often.
const WRITES_EVERY: Duration = Duration::from_millis(200);
/// Messages that are sent afterwards, at least.
const AFTERWARDS_MIN: usize = 20;

/// See the module.
pub(crate) struct Writer {
    /// Dropped when nobody comes any more.
    coming: oneshot::Sender<()>,
    sent: oneshot::Receiver<Sent>,
    thread: JoinHandle<Result<()>>,
}

/// How long messages took to be acknowledged, in ascending order.
pub(crate) struct Sent {
    /// Those that were written while others came.
    pub(crate) meanwhile: Vec<Duration>,
    /// As many when nobody came, one after another.
    pub(crate) afterwards: Vec<Duration>,
}

impl Writer {
    /// Comes into the room, and writes from then on.
    pub(crate) async fn start(meeting: Arc<Meeting>, room: ConversationId, link: String) -> Result<Self> {
        let (inside, is_inside) = oneshot::channel();
        let (coming, over) = oneshot::channel();
        let (told, sent) = oneshot::channel();
        let thread = thread::spawn(move || {
            in_one_thread(async {
                let guest = Guest::new(&meeting, "Writer").await?;
                guest.come(&link).await?;
                // Whoever listened to these is gone only if all of it has failed already.
                let _listened = inside.send(());
                let meanwhile = write(&guest, room, over).await?;
                let afterwards = write_alone(&guest, room, meanwhile.len().max(AFTERWARDS_MIN)).await?;
                let _listened = told.send(Sent {
                    meanwhile,
                    afterwards,
                });
                Ok(())
            })
        });
        match is_inside.await {
            Ok(()) => Ok(Self { coming, sent, thread }),
            Err(ended) => Err(joined(thread).err().unwrap_or_else(|| ended.into())),
        }
    }

    /// Nobody comes any more.
    pub(crate) async fn end(self) -> Result<Sent> {
        drop(self.coming);
        let sent = self.sent.await;
        joined(self.thread)?;
        sent.context("the writer told nothing")
    }
}

fn joined(thread: JoinHandle<Result<()>>) -> Result<()> {
    thread.join().map_err(|_| anyhow!("the writer panicked"))?
}

async fn write(
    guest: &Guest,
    room: ConversationId,
    mut over: oneshot::Receiver<()>,
) -> Result<Vec<Duration>> {
    let mut ticks = interval(WRITES_EVERY);
    let mut sending = futures::stream::FuturesUnordered::new();
    let mut took = Vec::new();
    loop {
        tokio::select! {
            _ = &mut over => break,
            _ = ticks.tick() => sending.push(send(guest, room)),
            Some(sent) = sending.next() => took.push(sent?),
        }
    }
    while let Some(sent) = sending.next().await {
        took.push(sent?);
    }
    took.sort();
    Ok(took)
}

async fn write_alone(guest: &Guest, room: ConversationId, many: usize) -> Result<Vec<Duration>> {
    let mut took = Vec::new();
    for _ in 0..many {
        took.push(send(guest, room).await?);
    }
    took.sort();
    Ok(took)
}

async fn send(guest: &Guest, room: ConversationId) -> Result<Duration> {
    let start = Instant::now();
    let key = MessageKey::random(&mut OsRng);
    let key = guest.client.send_text(room, key, "still there?").await?;
    guest.client.wait_sent(key).await?;
    Ok(start.elapsed())
}
