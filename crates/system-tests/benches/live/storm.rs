//! Everyone in a room commits at the same moment: one order, and how long until all are in it.

use crate::crowd::{Guest, Meeting};
use crate::{Size, count, figure};
use anyhow::{Context as _, Result};
use futures::StreamExt as _;
use futures::stream::select_all;
use std::collections::BTreeSet;
use tokio::time::Instant;
use undertone_bench::measure::Figure;
use undertone_system_tests::World;
use undertone_wire::ConversationId;

/// Fills a room, lets everyone renew their keys at once, and waits until all are in the same epoch.
pub(crate) async fn measure(world: &World, size: Size) -> Result<Vec<Figure>> {
    eprintln!("  {} clients commit at once", size.storm);
    let meeting = Meeting::at(world)?;
    let guests = Guest::many(&meeting, "Storm", size.storm).await?;
    let Some((founder, others)) = guests.split_first() else {
        return Ok(Vec::new());
    };
    let (room, link) = founder.found(size.storm).await?;
    let start = Instant::now();
    futures::future::try_join_all(others.iter().map(|guest| guest.come(&link))).await?;
    let came = start.elapsed();
    for guest in &guests {
        guest
            .until(|client| Ok(client.members(room)?.len() == size.storm))
            .await?;
    }
    let before = commits(&guests);
    let start = Instant::now();
    futures::future::try_join_all(guests.iter().map(|guest| guest.client.refresh_keys(room))).await?;
    let committed = start.elapsed();
    agree(&guests, room).await?;
    let agreed = start.elapsed();
    let tries = commits(&guests) - before;
    let place = format!("{} at once", size.storm);
    Ok(vec![
        figure("they come by the link", &place, came.as_secs_f64(), "s"),
        figure("each has committed", &place, committed.as_secs_f64(), "s"),
        figure("all are in one epoch", &place, agreed.as_secs_f64(), "s"),
        figure("commits handed in", &place, count(tries), "requests"),
        figure(
            "of those in vain",
            &place,
            count(tries.saturating_sub(size.storm)),
            "requests",
        ),
    ])
}

fn commits(guests: &[Guest]) -> usize {
    guests.iter().map(|guest| guest.traffic.commits.get()).sum()
}

/// Waits until all have the same epoch authenticator, and so the same group.
async fn agree(guests: &[Guest], room: ConversationId) -> Result<()> {
    let mut changes = select_all(guests.iter().map(|guest| guest.client.changes()));
    while !are_together(guests, room)? {
        changes.next().await.context("the clients ended")?;
    }
    Ok(())
}

fn are_together(guests: &[Guest], room: ConversationId) -> Result<bool> {
    let all: Result<BTreeSet<Vec<u8>>, _> = guests
        .iter()
        .map(|guest| guest.client.epoch_authenticator(room))
        .collect();
    Ok(all?.len() == 1)
}
