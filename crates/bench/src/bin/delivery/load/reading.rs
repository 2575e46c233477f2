//! Reading from logs: one client again and again, or all of them at once after they were away.

use super::Load;
use crate::order::{Answer, Reading};
use crate::stopwatch::Stopwatch;
use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _, stream};

/// One client asks, waits for the answer, and asks again.
pub(super) async fn one_after_the_other(load: &mut Load, reading: &Reading) -> Result<Answer> {
    let client = load.clients.first().context("nobody is connected")?;
    let all = Stopwatch::start();
    let mut taken_ms = Vec::new();
    for frame in reading.frames.iter().cycle().take(reading.times) {
        let watch = Stopwatch::start();
        client.fetch(frame).await?;
        taken_ms.push(watch.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(answer(taken_ms, all.elapsed().as_secs_f64()))
}

/// All connections break off; everybody connects again and fetches what they missed.
pub(super) async fn all_at_once(load: &mut Load, reading: &Reading) -> Result<Answer> {
    let mut taken_ms = Vec::new();
    let mut seconds = Vec::new();
    for _ in 0..reading.times {
        load.leave();
        let all = Stopwatch::start();
        load.connect().await?;
        let clients = load.clients.iter().zip(reading.frames.iter().cycle());
        stream::iter(clients.map(|(client, frame)| client.fetch(frame)))
            .buffer_unordered(load.clients.len().max(1))
            .try_collect::<Vec<()>>()
            .await?;
        seconds.push(all.elapsed().as_secs_f64());
        taken_ms.push(all.elapsed().as_secs_f64() * 1000.0);
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
    Ok(answer(taken_ms, median))
}

fn answer(mut taken_ms: Vec<f64>, seconds: f64) -> Answer {
    taken_ms.sort_by(f64::total_cmp);
    let at = |hundredths: usize| {
        let index = (taken_ms.len() * hundredths / 100).min(taken_ms.len().saturating_sub(1));
        taken_ms.get(index).copied().unwrap_or_default()
    };
    Answer::Read {
        p50_ms: at(50),
        p99_ms: at(99),
        seconds,
    }
}
