//! Many at the same moment: fifty clients commit at once and end in one order.

use anyhow::{Context, Result, ensure};
use undertone_client_core::view::ConversationStateView;
use undertone_system_tests::{Actor, World, stories};

/// Clients that commit at once.
const CLIENTS: usize = 50;

stories! {
    async fn fifty_clients_commit_at_the_same_moment(world: &World) -> Result<()> {
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            clients.push(world.user(&format!("Sailor{number}")).await?);
        }
        let (founder, others) = clients.split_first().context("nobody")?;
        let crew = founder.founds_a_group("Crew", &others.iter().collect::<Vec<_>>()).await?;
        futures::future::try_join_all(clients.iter().map(|client| client.sees_so_many(crew, CLIENTS))).await?;
        let before = clients.iter().map(|client| client.epoch_authenticator(crew)).collect::<Result<Vec<_>>>()?;

        let refreshing = clients.iter().map(async |client: &Actor| {
            let client = client.client()?;
            anyhow::Ok(client.refresh_keys(crew).await?)
        });
        for refreshed in futures::future::join_all(refreshing).await {
            refreshed?;
        }
        // Whoever is in another group than the writer cannot read.
        for (number, writer) in clients.iter().enumerate() {
            writer.writes(crew, &format!("line {number}")).await?;
        }
        let settled = clients.iter().map(async |client: &Actor| {
            let what = format!("{} has all lines", client.name());
            client
                .until(&what, |_| Ok((client.acknowledged(crew)?.len() == CLIENTS).then_some(())))
                .await
        });
        futures::future::try_join_all(settled).await?;
        let same = |client: &Actor| -> Result<(Vec<u8>, Vec<undertone_system_tests::Line>)> {
            Ok((client.epoch_authenticator(crew)?, client.acknowledged(crew)?))
        };
        let mut all = clients.iter().map(same);
        let first = all.next().transpose()?;
        for one in all {
            ensure!(Some(one?) == first, "they are in different groups, or have another order");
        }
        let after = first.map(|(authenticator, _)| authenticator);
        ensure!(before.iter().all(|before| Some(before) != after.as_ref()), "nobody committed");
        for client in &clients {
            client.stands(crew, ConversationStateView::Active).await?;
        }
        Ok(())
    }
}
