//! The load's process: many clients on one thread, told by [`Order`]s on standard input. Open loop: a message
//! is due at its instant whether the server keeps up or not, and its latency counts from there.

mod client;
mod pacer;
mod reading;
mod socket;
mod tally;

use crate::child::cpu_s;
use crate::order::{Answer, Crowd, Flow, Order, Sent};
use crate::stopwatch::Stopwatch;
use anyhow::{Context as _, Result};
use client::Client;
use futures::{StreamExt as _, stream};
use socket::Connector;
use std::io::{self, BufRead as _, Write as _};
use std::sync::Arc;
use std::time::Duration;
use tally::Tally;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How often is looked whether everything has arrived.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// A client shows that it is there, and acknowledges if it does, this often.
const PING_EVERY: Duration = Duration::from_secs(8);
const ACKNOWLEDGE_EVERY: Duration = Duration::from_millis(200);

/// Does what it is told until nobody tells it any more.
pub(crate) async fn run() -> Result<()> {
    let (orders, mut queue) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if orders.blocking_send(line).is_err() {
                return;
            }
        }
    });
    let mut load = Load::new();
    while let Some(line) = queue.recv().await {
        let order: Order = serde_json::from_str(&line).context("an order")?;
        let answer = match load.follow(order).await {
            Ok(answer) => answer,
            Err(error) => Answer::Failed(format!("{error:#}")),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(&answer)?)?;
        out.flush()?;
    }
    Ok(())
}

/// All clients, and what is known of them.
pub(super) struct Load {
    watch: Stopwatch,
    crowd: Option<Arc<Crowd>>,
    clients: Arc<Vec<Client>>,
    tally: Arc<Tally>,
    habits: Option<JoinHandle<()>>,
}

impl Load {
    fn new() -> Self {
        Self {
            watch: Stopwatch::start(),
            crowd: None,
            clients: Arc::default(),
            tally: Arc::default(),
            habits: None,
        }
    }

    async fn follow(&mut self, order: Order) -> Result<Answer> {
        match order {
            Order::Connect(crowd) => {
                self.crowd = Some(Arc::from(crowd));
                self.connect().await.map(Answer::Connected)
            }
            Order::Send(flow) => self.send(flow).await.map(Answer::Sent),
            Order::Fetch(reading) => reading::one_after_the_other(self, &reading).await,
            Order::Return(reading) => reading::all_at_once(self, &reading).await,
        }
    }

    /// Connects all clients of the crowd, in place of those before; how long it took.
    async fn connect(&mut self) -> Result<f64> {
        self.leave();
        let crowd = Arc::clone(self.crowd.as_ref().context("nobody to connect")?);
        let connector = Arc::new(Connector::new(&crowd.target)?);
        self.tally = Arc::default();
        let watch = Stopwatch::start();
        let clients: Vec<Result<Client>> = stream::iter(0..crowd.seats.len())
            .map(|number| {
                let place = client::Place {
                    crowd: Arc::clone(&crowd),
                    number,
                    tally: Arc::clone(&self.tally),
                    watch: self.watch,
                };
                let connector = Arc::clone(&connector);
                async move { Client::connect(&connector, place).await }
            })
            .buffered(crowd.at_once.max(1))
            .collect()
            .await;
        let took = watch.elapsed().as_secs_f64();
        let clients: Result<Vec<Client>> = clients.into_iter().collect();
        self.clients = Arc::new(clients?);
        self.habits = Some(tokio::spawn(habits(Arc::clone(&self.clients), crowd)));
        Ok(took)
    }

    /// Drops all connections.
    fn leave(&mut self) {
        if let Some(habits) = self.habits.take() {
            habits.abort();
        }
        self.clients = Arc::default();
    }

    async fn send(&mut self, flow: Flow) -> Result<Sent> {
        let crowd = Arc::clone(self.crowd.as_ref().context("nobody is connected")?);
        self.tally.begin(self.watch.nanoseconds());
        let (cpu_before, watch) = (cpu_s("self")?, Stopwatch::start());
        let source = pacer::Pacer {
            clients: Arc::clone(&self.clients),
            crowd: Arc::clone(&crowd),
            watch: self.watch,
            flow,
        };
        let (done, mut sending) = mpsc::channel(1);
        std::thread::spawn(move || drop(done.blocking_send(source.run())));
        let paced = sending.recv().await.context("the pacer was lost")?;
        let patience = Stopwatch::start();
        while self.tally.delivered() < paced.expected && patience.elapsed().as_secs_f64() < flow.patience_s {
            sleep(LOOK_EVERY).await;
        }
        let ended = self.tally.last_nanoseconds();
        let began = self.tally.began_nanoseconds();
        let seconds = Duration::from_nanos(ended.saturating_sub(began)).as_secs_f64();
        Ok(Sent {
            messages: paced.messages,
            expected: paced.expected,
            delivered: self.tally.delivered(),
            refused: self.tally.refused(),
            closed: self.tally.closed(),
            p50_ms: self.tally.latency_ms(0.5),
            p99_ms: self.tally.latency_ms(0.99),
            max_ms: self.tally.latency_ms(1.0),
            seconds: if ended == 0 {
                watch.elapsed().as_secs_f64()
            } else {
                seconds
            },
            load_cpu_s: cpu_s("self")? - cpu_before,
        })
    }
}

/// What clients do by themselves: they show that they are there, and acknowledge.
async fn habits(clients: Arc<Vec<Client>>, crowd: Arc<Crowd>) {
    let turn = if crowd.acknowledge {
        ACKNOWLEDGE_EVERY
    } else {
        PING_EVERY
    };
    let pings_every = u32::try_from(PING_EVERY.as_millis() / turn.as_millis())
        .unwrap_or(1)
        .max(1);
    let steps = u32::try_from(clients.len()).unwrap_or(u32::MAX).clamp(1, 100);
    let size = clients.len().div_ceil(usize::try_from(steps).unwrap_or(1)).max(1);
    let mut ticks = tokio::time::interval(turn / steps);
    for round in 0_u32.. {
        for some in clients.chunks(size) {
            ticks.tick().await;
            for client in some {
                if crowd.acknowledge {
                    client.acknowledge();
                }
                if round % pings_every == 0 {
                    client.ping();
                }
            }
        }
    }
}
