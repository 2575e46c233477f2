//! A crowd comes into a room by its link while somebody inside writes.
//!
//! Most of those who are in the room are offline, as in life; and one machine could not play hundreds of
//! clients without measuring itself.

use crate::crowd::{Guest, Meeting};
use crate::writer::{Sent, Writer};
use crate::{Size, count, figure};
use anyhow::{Context as _, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use undertone_bench::measure::Figure;
use undertone_system_tests::World;

/// Who come in at the same time while the room is filled.
const WAVE: usize = 10;

/// Fills a room, and lets a crowd in.
pub(crate) async fn measure(world: &World, size: Size) -> Result<Vec<Figure>> {
    eprintln!("  {} come into a room of {}", size.crowd, size.inside);
    let meeting = Arc::new(Meeting::at(world)?);
    let founder = Guest::new(&meeting, "Founder").await?;
    let (room, link) = founder.found(size.inside + size.crowd).await?;
    let _inside = fill(&meeting, &link, size).await?;
    let crowd = Guest::many(&meeting, "Crowd", size.crowd).await?;
    let before = spent(&crowd);
    let writer = Writer::start(Arc::clone(&meeting), room, link.clone()).await?;
    let start = Instant::now();
    let coming = crowd.iter().map(|guest| come_and_rest(guest, &link));
    futures::future::try_join_all(coming).await?;
    let took = start.elapsed();
    let Sent {
        meanwhile,
        afterwards,
    } = writer.end().await?;
    let after = spent(&crowd);
    let store = crowd.last().map(|guest| std::fs::metadata(&guest.store));
    let store = usize::try_from(store.context("nobody came")??.len())?;

    let place = format!("{} into {}", size.crowd, size.inside);
    let each = |before: usize, after: usize| count(after.saturating_sub(before)) / count(size.crowd);
    let joins = count(size.crowd) / took.as_secs_f64();
    Ok(vec![
        figure("joins", &place, joins, "per second"),
        figure(
            "a join is handed in",
            &place,
            each(before.commits, after.commits),
            "times",
        ),
        figure(
            "HTTP of one who comes",
            &place,
            each(before.bytes, after.bytes),
            "bytes",
        ),
        figure("store of one who came", &place, count(store), "bytes"),
        figure(
            "sending meanwhile, median",
            &place,
            millis(at(&meanwhile, 50)),
            "ms",
        ),
        figure("sending meanwhile, p99", &place, millis(at(&meanwhile, 99)), "ms"),
        figure(
            "sending afterwards, p99",
            &place,
            millis(at(&afterwards, 99)),
            "ms",
        ),
    ])
}

/// What a crowd has needed so far.
struct Spent {
    commits: usize,
    bytes: usize,
}

fn spent(crowd: &[Guest]) -> Spent {
    Spent {
        commits: crowd.iter().map(|guest| guest.traffic.commits.get()).sum(),
        bytes: crowd.iter().map(|guest| guest.traffic.bytes.get()).sum(),
    }
}

/// Comes in, and disconnects: to follow all who come afterwards is the work of many machines, and this
/// is one.
async fn come_and_rest(guest: &Guest, link: &str) -> Result<()> {
    guest.come(link).await?;
    guest.client.stop();
    Ok(())
}

/// Lets people in until the room has its size; only the last of them stay connected.
async fn fill(meeting: &Meeting, link: &str, size: Size) -> Result<Vec<Guest>> {
    let mut connected = Vec::new();
    // The founder and whoever writes are two of them.
    let mut left = size.inside.saturating_sub(2);
    while left > 0 {
        let wave = Guest::many(meeting, &format!("Wave {left}"), left.min(WAVE)).await?;
        futures::future::try_join_all(wave.iter().map(|guest| guest.come(link))).await?;
        left -= wave.len();
        // The clients of those who are dropped end here; their places in the room stay.
        connected.extend(wave);
        let surplus = connected.len().saturating_sub(size.connected);
        connected.drain(..surplus);
        eprintln!("    {left} more have to be inside");
    }
    Ok(connected)
}

/// Of times in ascending order.
fn at(times: &[Duration], percent: usize) -> Duration {
    let index = times.len().saturating_sub(1) * percent / 100;
    times.get(index).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
