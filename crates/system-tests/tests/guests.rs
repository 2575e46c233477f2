//! Guests: people without an account, for a while.

use anyhow::{Result, ensure};
use undertone_client_core::testing::Checkpoints;
use undertone_client_core::view::{ConversationStateView, EventKind, SessionView};
use undertone_system_tests::{World, code, stories};
use undertone_wire::group::Role::{Member, Owner};
use undertone_wire::guest::UserKind;

stories! {
    async fn a_guest_comes_back_as_the_same_guest(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let (room, link) = ada.founds_a_room("Harbour").await?;
        let magpie = world.guest("Brisk Magpie").await?;
        magpie.joins(&link).await?;
        magpie.sends(room, "I am new here").await?;
        let before = magpie.user()?;
        magpie.kill();
        ada.sends(room, "welcome").await?;
        magpie.start(Checkpoints::default()).await?;
        ensure!(magpie.user()? == before, "another guest");
        magpie.sees(room, &[("Brisk Magpie", "I am new here"), ("Ada", "welcome")]).await?;
        magpie.sends(room, "back again").await?;
        ada.sees(room, &[("Brisk Magpie", "back again")]).await?;
        ada.sees_people(room, &[("Ada", Owner), ("Brisk Magpie", Member)]).await
    }

    async fn a_guest_becomes_an_account_and_keeps_the_conversations(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let (room, link) = ada.founds_a_room("Harbour").await?;
        let magpie = world.guest("Magpie").await?;
        magpie.joins(&link).await?;
        magpie.sends(room, "as a guest").await?;
        let before = magpie.user()?;
        magpie.becomes_account("Maggie").await?;
        ensure!(magpie.user()? == before, "another user");
        let session = magpie.client()?.session();
        ensure!(matches!(&session, SessionView::SignedIn { kind: UserKind::Account, name, .. } if name == "Maggie"), "{session:?}");
        ada.sees_that(room, EventKind::BecameAccount).await?;
        ada.sees_people(room, &[("Ada", Owner), ("Maggie", Member)]).await?;
        magpie.sends(room, "as an account").await?;
        ada.sees(room, &[("Maggie", "as an account")]).await?;
        ensure!(magpie.timeline(room)?.len() == 2, "the history is lost");

        // And what an account can: be found, and log in on another device.
        let talk = ada.opens("Maggie").await?;
        ada.sends(talk, "now we can talk in private").await?;
        magpie.sees(talk, &[("Ada", "now we can talk in private")]).await?;
        let laptop = world.device("Maggie").await?;
        laptop.logs_in().await?;
        ensure!(laptop.user()? == before, "another user");
        laptop.joins(&link).await?;
        laptop.stands(room, ConversationStateView::Active).await?;
        ada.sees_people(room, &[("Ada", Owner), ("Maggie", Member)]).await
    }

    async fn guests_make_rooms_and_are_namesakes_but_call_nobody(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let (one, other) = (world.guest("Magpie").await?, world.guest("Magpie").await?);
        ensure!(one.user()? != other.user()?);
        let (room, link) = one.founds_a_room("Nest").await?;
        other.joins(&link).await?;
        ada.joins(&link).await?;
        other.sends(room, "who am I?").await?;
        ada.sees(room, &[("Magpie", "who am I?")]).await?;
        ada.sees_people(room, &[("Ada", Member), ("Magpie", Member), ("Magpie", Owner)]).await?;
        ensure!(code(one.opens("Ada").await).is_some(), "a guest calls somebody");
        ensure!(code(one.founds_a_group("Flock", &[&ada]).await).is_some(), "a guest founds a group");
        let listed = ada.client()?.people(None, None).await?.people;
        ensure!(listed.iter().all(|person| person.name != "Magpie"), "guests are listed");
        ensure!(code(ada.opens("Magpie").await).is_some(), "a guest is called");
        Ok(())
    }
}
