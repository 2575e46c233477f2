//! What is done, in which order: server and reference take turns in every round, so that what else happens on
//! the machine hits both.

use crate::args::Wish;
use crate::order::{Answer, Flow, Order, Reading};
use crate::report::Report;
use crate::search::{self, Bounds, Habits, Run, Stage, count, flow};
use crate::server::Kind;
use crate::town::{Layout, Town};
use crate::{frames, reference};
use anyhow::{Result, bail};
use undertone_bench::measure::Figure;

/// Where people write to each other.
struct Rooms {
    letter: char,
    name: &'static str,
    people: usize,
    group: usize,
    /// Messages a second with which the search begins.
    first: f64,
    /// Whether it is measured at a calm rate, too.
    calm: bool,
}

const ROOMS: [Rooms; 3] = [
    Rooms {
        letter: 'A',
        name: "A: 100 rooms of 10",
        people: 1000,
        group: 10,
        first: 2000.0,
        calm: true,
    },
    Rooms {
        letter: 'B',
        name: "B: one room of 1,000",
        people: 1000,
        group: 1000,
        first: 50.0,
        calm: false,
    },
    Rooms {
        letter: 'C',
        name: "C: 500 pairs",
        people: 1000,
        group: 2,
        first: 1500.0,
        calm: false,
    },
];

/// Entries that somebody who comes back asks for.
const PAGE: u32 = 50;

/// Measures what is wanted.
pub(crate) async fn measure(wish: &Wish) -> Result<Vec<Figure>> {
    let mut report = Report::default();
    for rooms in ROOMS.iter().filter(|rooms| wish.wants(rooms.letter)) {
        talk(wish, rooms, &mut report).await?;
    }
    if wish.wants('D') {
        idle(wish, &mut report).await?;
    }
    if wish.wants('E') {
        catch_up(wish, &mut report).await?;
    }
    if wish.wants('F') {
        come_back(wish, &mut report).await?;
    }
    Ok(report.figures())
}

async fn talk(wish: &Wish, rooms: &Rooms, report: &mut Report) -> Result<()> {
    let Rooms {
        name, people, group, ..
    } = *rooms;
    let people = if wish.quick { people / 20 } else { people };
    let group = group.min(people);
    eprintln!("  {name}");
    let layout = Layout {
        people,
        group,
        log: 0,
    };
    let town = Town::found(wish, layout).await?;
    for _ in 0..wish.rounds {
        if rooms.calm {
            calm(wish, name, &town, report)?;
        }
        let runs = by_turns(|kind| search::most(kind, wish, &town, bounds(wish, rooms)))?;
        let both = |of: fn(&Run) -> f64| runs.each_ref().map(of);
        report.compare(&format!("{name}: most"), "deliveries/s", both(Run::speed));
        report.compare(
            &format!("{name}: processor for a million deliveries"),
            "s",
            both(Run::cpu_per_million_s),
        );
        report.compare(
            &format!("{name}: lost"),
            "deliveries",
            both(|run| count(run.sent.expected.saturating_sub(run.sent.delivered))),
        );
    }
    if rooms.calm {
        acknowledged(wish, name, &town, report)?;
        flooded(wish, name, &town, report)?;
    }
    Ok(())
}

fn bounds(wish: &Wish, rooms: &Rooms) -> Bounds {
    Bounds {
        first: if wish.quick {
            rooms.first / 20.0
        } else {
            rooms.first
        },
        seconds: if wish.quick { 0.5 } else { 3.0 },
        refinements: if wish.quick { 0 } else { 3 },
    }
}

/// Measures both sides, ours first; a side has ended when the other begins.
fn by_turns<T>(mut measure: impl FnMut(Kind) -> Result<T>) -> Result<[T; 2]> {
    Ok([measure(Kind::Undertone)?, measure(Kind::Reference)?])
}

/// How long a message takes when there is little to do.
fn calm(wish: &Wish, name: &str, town: &Town, report: &mut Report) -> Result<()> {
    let [undertone, bare] = by_turns(|kind| {
        let mut stage = search::ready(kind, wish, town)?;
        let seconds = if wish.quick { 0.5 } else { 5.0 };
        Ok(stage.send(flow(100.0, seconds))?.sent)
    })?;
    let name = format!("{name}, 100 messages/s");
    report.compare(&format!("{name}: p50"), "ms", [undertone.p50_ms, bare.p50_ms]);
    report.compare(&format!("{name}: p99"), "ms", [undertone.p99_ms, bare.p99_ms]);
    Ok(())
}

/// The same when clients acknowledge, and the server deletes what all have: the reference keeps everything.
fn acknowledged(wish: &Wish, name: &str, town: &Town, report: &mut Report) -> Result<()> {
    let mut stage = Stage::set(Kind::Undertone, wish, town)?;
    let habits = Habits {
        acknowledge: true,
        ..Habits::USUAL
    };
    stage.connect(Kind::Undertone, town, habits)?;
    let rate = if wish.quick { 50.0 } else { 2000.0 };
    let run = stage.send(flow(rate, if wish.quick { 0.5 } else { 5.0 }))?;
    let name = format!("{name}, {rate:.0} messages/s, acknowledged");
    let place = Kind::Undertone.title();
    report.note(&format!("{name}: p99"), place, (run.sent.p99_ms, "ms"));
    report.note(
        &format!("{name}: processor for a million deliveries"),
        place,
        (run.cpu_per_million_s(), "s"),
    );
    Ok(())
}

/// What others feel of one client that sends as fast as the server lets it, which limits nobody's speed here.
fn flooded(wish: &Wish, name: &str, town: &Town, report: &mut Report) -> Result<()> {
    let place = Kind::Undertone.title();
    for _ in 0..wish.rounds {
        let mut stage = search::ready(Kind::Undertone, wish, town)?;
        let calm = flow(100.0, if wish.quick { 0.5 } else { 5.0 });
        let alone = stage.send(calm)?.sent.p99_ms;
        let flood = Flow {
            flood: Some(0),
            ..calm
        };
        let beside = stage.send(flood)?.sent.p99_ms;
        let name = format!("{name}, 100 messages/s: p99");
        report.note(&format!("{name} without a flood"), place, (alone, "ms"));
        report.note(&format!("{name} beside a flood"), place, (beside, "ms"));
        report.note(
            &format!("{name} beside a flood, times"),
            place,
            (beside / alone.max(0.001), "x"),
        );
    }
    Ok(())
}

/// Connections that say nothing: what they cost, and how fast they come.
async fn idle(wish: &Wish, report: &mut Report) -> Result<()> {
    let (people, times) = if wish.quick { (20, 2) } else { (1000, 4) };
    let layout = Layout {
        people,
        group: 0,
        log: 0,
    };
    let town = Town::found(wish, layout).await?;
    for _ in 0..wish.rounds {
        let [undertone, bare] = by_turns(|kind| {
            let mut stage = Stage::set(kind, wish, &town)?;
            // Once before, so that what a first connection allocates is not counted.
            stage.connect(
                kind,
                &town,
                Habits {
                    times: 1,
                    ..Habits::USUAL
                },
            )?;
            let before = stage.server.process.memory_kib()?;
            let habits = Habits {
                times,
                ..Habits::USUAL
            };
            let seconds = stage.connect(kind, &town, habits)?;
            let grown = stage.server.process.memory_kib()? - before;
            Ok((
                grown / count(people * (times - 1)),
                count(people * times) / seconds,
            ))
        })?;
        report.compare("D: memory of an idle connection", "KiB", [undertone.0, bare.0]);
        report.compare("D: connects with a token", "connects/s", [undertone.1, bare.1]);
    }
    Ok(())
}

/// A page of a long log.
async fn catch_up(wish: &Wish, report: &mut Report) -> Result<()> {
    let log = if wish.quick { 1000 } else { 100_000 };
    let layout = Layout {
        people: 10,
        group: 10,
        log,
    };
    let town = Town::found(wish, layout).await?;
    for _ in 0..wish.rounds {
        let [undertone, bare] = by_turns(|kind| {
            let mut stage = Stage::set(kind, wish, &town)?;
            stage.connect(kind, &town, Habits::USUAL)?;
            if kind == Kind::Reference {
                stage.send(flow(500.0, 0.5))?;
            }
            let reading = Reading {
                frames: vec![page(kind, &town, log.saturating_sub(u64::from(PAGE)))?],
                times: if wish.quick { 20 } else { 2000 },
            };
            match stage.tell(&Order::Fetch(reading))? {
                Answer::Read { p50_ms, p99_ms, .. } => Ok((p50_ms, p99_ms)),
                other => bail!("not read: {other:?}"),
            }
        })?;
        report.compare("E: catch-up of 50: p50", "ms", [undertone.0, bare.0]);
        report.compare("E: catch-up of 50: p99", "ms", [undertone.1, bare.1]);
    }
    Ok(())
}

/// Everybody is gone, and comes back at once.
async fn come_back(wish: &Wish, report: &mut Report) -> Result<()> {
    let people = if wish.quick { 20 } else { 1000 };
    let layout = Layout {
        people,
        group: 10,
        log: 0,
    };
    let town = Town::found(wish, layout).await?;
    for _ in 0..wish.rounds {
        let [undertone, bare] = by_turns(|kind| {
            let mut stage = Stage::set(kind, wish, &town)?;
            stage.connect(
                kind,
                &town,
                Habits {
                    at_once: people,
                    ..Habits::USUAL
                },
            )?;
            // So that there is something to catch up with.
            stage.send(flow(count(people), if wish.quick { 0.5 } else { 5.0 }))?;
            let groups = town.groups.iter();
            let frames = groups.flat_map(|group| vec![group.conversation; group.members]);
            let frames: Result<Vec<_>> = frames
                .map(|conversation| match kind {
                    Kind::Undertone => frames::fetch(conversation, 1, PAGE),
                    Kind::Reference => Ok(reference_page()),
                })
                .collect();
            let reading = Reading {
                frames: frames?,
                times: 5,
            };
            match stage.tell(&Order::Return(reading))? {
                Answer::Read { seconds, .. } => Ok(seconds),
                other => bail!("not back: {other:?}"),
            }
        })?;
        report.compare("F: 1,000 clients come back with catch-up", "s", [undertone, bare]);
    }
    Ok(())
}

fn page(kind: Kind, town: &Town, after: u64) -> Result<Vec<u8>> {
    match (kind, town.groups.first()) {
        (Kind::Undertone, Some(group)) => frames::fetch(group.conversation, after, PAGE),
        _ => Ok(reference_page()),
    }
}

fn reference_page() -> Vec<u8> {
    vec![reference::FETCH, u8::try_from(PAGE).unwrap_or(u8::MAX)]
}
