//! Many at the same moment: fifty clients commit at once and end in one order.

use anyhow::{Result, ensure};
use undertone_client_core::view::{ConversationStateView, RoomOptions};
use undertone_system_tests::{Actor, World, stories};

/// Clients that commit at once.
const CLIENTS: usize = 50;

stories! {
    async fn fifty_clients_commit_at_the_same_moment(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let options = RoomOptions { title: "Harbour".to_owned(), ..RoomOptions::default() };
        let (room, link) = ada.founds_a_room_with(options).await?;
        let mut clients = world.guests("Guest", CLIENTS - 1).await?;
        for joined in futures::future::join_all(clients.iter().map(|guest| guest.joins(&link))).await {
            joined?;
        }
        clients.push(ada);
        futures::future::try_join_all(clients.iter().map(|client| client.sees_so_many(room, CLIENTS))).await?;
        let before = clients.iter().map(|client| client.epoch_authenticator(room)).collect::<Result<Vec<_>>>()?;

        let refreshing = clients.iter().map(async |client: &Actor| {
            let client = client.client()?;
            anyhow::Ok(client.refresh_keys(room).await?)
        });
        for refreshed in futures::future::join_all(refreshing).await {
            refreshed?;
        }
        // Whoever is in another group than the writer cannot read.
        for (number, writer) in clients.iter().enumerate() {
            writer.writes(room, &format!("line {number}")).await?;
        }
        let settled = clients.iter().map(async |client: &Actor| {
            let what = format!("{} has all lines", client.name());
            client
                .until(&what, |_| Ok((client.acknowledged(room)?.len() == CLIENTS).then_some(())))
                .await
        });
        futures::future::try_join_all(settled).await?;
        let same = |client: &Actor| -> Result<(Vec<u8>, Vec<undertone_system_tests::Line>)> {
            Ok((client.epoch_authenticator(room)?, client.acknowledged(room)?))
        };
        let mut all = clients.iter().map(same);
        let first = all.next().transpose()?;
        for one in all {
            ensure!(Some(one?) == first, "they are in different groups, or have another order");
        }
        let after = first.map(|(authenticator, _)| authenticator);
        ensure!(before.iter().all(|before| Some(before) != after.as_ref()), "nobody committed");
        for client in &clients {
            client.stands(room, ConversationStateView::Active).await?;
        }
        Ok(())
    }
}
