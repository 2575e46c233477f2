//! One server with its load, and the search for the most that it bears: the highest rate at which everything
//! arrives, 99 of 100 within a second.

use crate::args::Wish;
use crate::child::{Core, Process};
use crate::frames;
use crate::order::{Answer, Crowd, Flow, Order, Sent};
use crate::server::{Kind, Server};
use crate::town::Town;
use anyhow::{Context as _, Result, bail};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::ChildStdout;

/// What is borne: 99 of 100 deliveries come within this.
const P99_MS_MAX: f64 = 1000.0;
/// A rate is reached if at least this part of it came in time.
const KEPT_UP: f64 = 0.95;
/// How long is waited at the end of a run for what is under way.
const PATIENCE_S: f64 = 2.0;

/// A server, and a load that is connected to it.
pub(crate) struct Stage {
    pub(crate) server: Server,
    load: Process,
    answers: BufReader<ChildStdout>,
}

/// What a run showed.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) sent: Sent,
    /// Seconds of the server's processor.
    pub(crate) server_cpu_s: f64,
}

impl Run {
    /// Deliveries a second.
    pub(crate) fn speed(&self) -> f64 {
        count(self.sent.delivered) / self.sent.seconds.max(1e-9)
    }

    /// Seconds of the server's processor for a million deliveries.
    pub(crate) fn cpu_per_million_s(&self) -> f64 {
        self.server_cpu_s / count(self.sent.delivered.max(1)) * 1e6
    }

    fn is_borne(&self, flow: &Flow) -> bool {
        let Sent {
            expected,
            delivered,
            refused,
            closed,
            p99_ms,
            seconds,
            ..
        } = self.sent;
        let kept_up = seconds * KEPT_UP <= flow.seconds.max(0.1) + PATIENCE_S / 4.0;
        expected == delivered && refused == 0 && closed == 0 && p99_ms < P99_MS_MAX && kept_up
    }
}

/// How a crowd behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    /// How many connect at the same time.
    pub(crate) at_once: usize,
    /// How often each person connects.
    pub(crate) times: usize,
    pub(crate) acknowledge: bool,
}

impl Habits {
    pub(crate) const USUAL: Self = Self {
        at_once: 64,
        times: 1,
        acknowledge: false,
    };
}

impl Stage {
    /// Starts both, and connects nobody yet.
    pub(crate) fn set(kind: Kind, wish: &Wish, town: &Town) -> Result<Self> {
        let server = Server::start(kind, wish, town)?;
        let program = std::env::current_exe().context("where this program is")?;
        let mut load = Process::start(Core::Load, &program, ["load"])?;
        let answers = BufReader::new(load.child().stdout.take().context("no output")?);
        Ok(Self {
            server,
            load,
            answers,
        })
    }

    /// Connects everybody; the seconds it took.
    pub(crate) fn connect(&mut self, kind: Kind, town: &Town, habits: Habits) -> Result<f64> {
        let crowd = crowd(kind, town, &self.server, habits)?;
        match self.tell(&Order::Connect(Box::new(crowd)))? {
            Answer::Connected(seconds) => Ok(seconds),
            other => bail!("not connected: {other:?}"),
        }
    }

    /// Sends at a rate.
    pub(crate) fn send(&mut self, flow: Flow) -> Result<Run> {
        let before = self.server.process.cpu_s()?;
        match self.tell(&Order::Send(flow))? {
            Answer::Sent(sent) => Ok(Run {
                sent,
                server_cpu_s: self.server.process.cpu_s()? - before,
            }),
            other => bail!("not sent: {other:?}"),
        }
    }

    /// Gives an order and waits until it is done.
    pub(crate) fn tell(&mut self, order: &Order) -> Result<Answer> {
        let input = self.load.child().stdin.as_mut().context("no input")?;
        writeln!(input, "{}", serde_json::to_string(order)?)?;
        input.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        match serde_json::from_str(&line).context("the load ended")? {
            Answer::Failed(why) => bail!("the load failed: {why}"),
            answer => Ok(answer),
        }
    }
}

/// A flow at a rate, without a flood.
pub(crate) fn flow(rate: f64, seconds: f64) -> Flow {
    Flow {
        rate,
        seconds,
        patience_s: PATIENCE_S,
        flood: None,
    }
}

/// Where the search begins, and how long each try is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Messages a second.
    pub(crate) first: f64,
    pub(crate) seconds: f64,
    /// Tries between a rate that is borne and one that is not.
    pub(crate) refinements: u32,
}

/// The run at the highest rate that is borne.
pub(crate) fn most(kind: Kind, wish: &Wish, town: &Town, bounds: Bounds) -> Result<Run> {
    let mut stage = ready(kind, wish, town)?;
    let (mut borne, mut failed): (Option<(f64, Run)>, Option<f64>) = (None, None);
    let mut rate = bounds.first;
    let mut left = bounds.refinements;
    loop {
        let flow = flow(rate, bounds.seconds);
        let run = stage.send(flow)?;
        tell_progress(kind, rate, &run);
        if run.is_borne(&flow) {
            borne = Some((rate, run));
        } else {
            failed = Some(rate);
            stage = ready(kind, wish, town)?;
        }
        rate = match (&borne, failed) {
            (_, None) => rate * 1.5,
            (None, Some(failed)) => failed / 2.0,
            (Some((good, _)), Some(failed)) => {
                if left == 0 {
                    break;
                }
                left -= 1;
                (good * failed).sqrt()
            }
        };
        if rate < 1.0 {
            bail!("{} bears nothing", kind.title());
        }
        if bounds.refinements == 0 && borne.is_some() {
            break;
        }
    }
    borne.map(|(_, run)| run).context("nothing was borne")
}

/// A server with everybody connected, warm.
pub(crate) fn ready(kind: Kind, wish: &Wish, town: &Town) -> Result<Stage> {
    let mut stage = Stage::set(kind, wish, town)?;
    stage.connect(kind, town, Habits::USUAL)?;
    stage.send(flow(count(town.groups.len().max(50)), 1.0))?;
    Ok(stage)
}

fn tell_progress(kind: Kind, rate: f64, run: &Run) {
    let Sent {
        expected,
        delivered,
        refused,
        closed,
        p50_ms,
        p99_ms,
        load_cpu_s,
        seconds,
        ..
    } = &run.sent;
    eprintln!(
        "  {:<15} {rate:>9.0} messages/s: {:>9.0} deliveries/s, p50 {p50_ms:.1} p99 {p99_ms:.1} ms, {:.2} s of \
         processor for a million (the load {load_cpu_s:.1} s of {seconds:.1} s), {} lost, {refused} refused, \
         {closed} closed",
        kind.title(),
        run.speed(),
        run.cpu_per_million_s(),
        expected.saturating_sub(*delivered),
    );
}

/// A message where nobody writes.
const NOTHING: &[u8] = &[0; 64];

fn crowd(kind: Kind, town: &Town, server: &Server, habits: Habits) -> Result<Crowd> {
    let mut seats = town.seats()?;
    let rooms = town.lines()?;
    let message = town.groups.first();
    let message = message.map_or(NOTHING, |group| group.message.as_slice());
    let mut signs = frames::signs(message)?;
    if kind == Kind::Reference {
        if let Some(line) = rooms.first() {
            signs = frames::reference_signs(line)?;
        }
        let entry = frames::entry(message)?;
        for seat in &mut seats {
            seat.hello = u32::try_from(seat.room)?.to_be_bytes().to_vec();
            if let Some(line) = rooms.get(seat.room) {
                let front = entry
                    .len()
                    .saturating_sub(line.frame.len())
                    .max(signs.entry.len());
                let mut front_bytes = signs.entry.clone();
                front_bytes.resize(front, 0);
                seat.hello.extend(front_bytes);
            }
        }
    }
    Ok(Crowd {
        target: server.target.clone(),
        seats: (0..habits.times).flat_map(|_| seats.clone()).collect(),
        rooms,
        signs,
        at_once: habits.at_once,
        acknowledge: habits.acknowledge,
    })
}

/// A count as a number to divide.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a benchmark are far below 2^52"
)]
pub(crate) fn count<N: TryInto<u64>>(number: N) -> f64 {
    number.try_into().unwrap_or_default() as f64
}
