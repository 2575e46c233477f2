//! Many at the same moment: fifty clients commit at once and end in one order.

use anyhow::{Context, Result, ensure};
use undertone_system_tests::{Actor, World, all_are_together, stories};

/// Clients that commit at once.
const CLIENTS: usize = 50;
/// Each of them hands in no more than so many, those in vain too: told when to come again, they do not storm.
/// Where all fifty share a busy core, they come late and lose their places: 3 become 6, and were 11 before
/// there were places.
const COMMITS_EACH: usize = 10;
/// So often somebody waits once more for their commit.
const WAITS_MAX: usize = 10;

stories! {
    async fn fifty_clients_commit_at_the_same_moment(world: &World) -> Result<()> {
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            clients.push(world.user(&format!("Sailor{number}")).await?);
        }
        let (founder, others) = clients.split_first().context("nobody")?;
        let crew = founder.founds_a_group("Crew", &others.iter().collect::<Vec<_>>()).await?;
        for client in &clients {
            client.sees_so_many(crew, CLIENTS).await?;
        }
        let before = founder.epoch_authenticator(crew)?;
        let handed_in = || clients.iter().map(Actor::commits_handed_in).sum::<usize>();
        let earlier = handed_in();

        let refreshing = clients.iter().map(async |client: &Actor| {
            let client = client.client()?;
            // On a slow machine a caller is told to wait no longer; the wish stays, and is made once.
            let mut waits = 0;
            loop {
                match client.refresh_keys(crew).await {
                    Err(error) if error.code() == "timed_out" && waits < WAITS_MAX => waits += 1,
                    refreshed => return anyhow::Ok(refreshed?),
                }
            }
        });
        futures::future::try_join_all(refreshing).await?;
        all_are_together(clients.iter(), crew).await?;
        let tries = handed_in() - earlier;
        ensure!(
            (CLIENTS..=CLIENTS * COMMITS_EACH).contains(&tries),
            "{tries} commits were handed in"
        );
        // Whoever is in another group than the writer cannot read.
        for (number, writer) in clients.iter().enumerate() {
            writer.writes(crew, &format!("line {number}")).await?;
        }
        for client in &clients {
            let what = format!("{} has all lines", client.name());
            client
                .until(&what, |_| Ok((client.acknowledged(crew)?.len() == CLIENTS).then_some(())))
                .await?;
        }
        all_are_together(clients.iter(), crew).await?;
        ensure!(founder.epoch_authenticator(crew)? != before, "nobody committed");
        let lines = founder.acknowledged(crew)?;
        for client in &clients {
            ensure!(client.acknowledged(crew)? == lines, "{} has another order", client.name());
            let notice = client.view(crew)?.context("no group")?.notice;
            ensure!(notice.is_none(), "{}: {notice:?}", client.name());
        }
        Ok(())
    }
}
