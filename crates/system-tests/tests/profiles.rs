//! What people tell of themselves, strangers who ask to be heard, whom somebody does not want to hear, and
//! what is announced.

use anyhow::{Context, Result, ensure};
use undertone_client_core::ClientError;
use undertone_client_core::view::{NotifyLevel, ProfileInput};
use undertone_system_tests::{Actor, World, stories};
use undertone_wire::{Bytes, ConversationId};

/// The header of a PNG of 64 by 64 pixels.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x40\0\0\0\x40\x08\x06\0\0\0";

fn called(name: &str) -> ProfileInput {
    ProfileInput {
        display_name: name.to_owned(),
        status: "at sea".to_owned(),
        picture: Some(Bytes::from(PICTURE)),
        ..ProfileInput::default()
    }
}

/// Two people who know each other.
async fn acquainted(world: &World) -> Result<(Actor, Actor, ConversationId)> {
    let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
    let talk = ada.opens("Bob").await?;
    ada.sends(talk, "hello").await?;
    bob.sees(talk, &[("Ada", "hello")]).await?;
    bob.sends(talk, "and hello").await?;
    ada.reads(talk, "Bob", "and hello").await?;
    Ok((ada, bob, talk))
}

/// Waits until somebody is called so on this device.
async fn knows_as(actor: &Actor, whom: &Actor, name: &str) -> Result<()> {
    let user = whom.user()?;
    let what = format!("{} knows {} as {name}", actor.name(), whom.name());
    actor
        .until(&what, |client| match client.profile_of(user) {
            Ok(card) => Ok((card.name == name).then_some(())),
            Err(ClientError::UnknownPerson) => Ok(None),
            Err(error) => Err(error.into()),
        })
        .await
}

stories! {
    async fn a_profile_reaches_those_who_are_there_and_those_who_come(world: &World) -> Result<()> {
        let (ada, bob, talk) = acquainted(world).await?;
        ada.client()?.set_profile(called("Ada Lovelace"))?;
        knows_as(&bob, &ada, "Ada Lovelace").await?;
        let card = bob.client()?.profile_of(ada.user()?)?;
        ensure!(card.user_name == "Ada" && card.picture == Some(Bytes::from(PICTURE)), "{card:?}");
        ensure!(bob.messages(talk)?.first().context("nothing")?.sender_name == "Ada Lovelace");
        bob.finds_conversation_with("Ada Lovelace").await?;

        let cleo = world.user("Cleo").await?;
        ada.founds_a_group("Crew", &[&bob, &cleo]).await?;
        knows_as(&cleo, &ada, "Ada Lovelace").await?;
        let phone = world.device("Ada").await?;
        phone.logs_in().await?;
        phone.finds_conversation_with("Crew").await?;
        ada.client()?.set_profile(called("The Countess"))?;
        phone
            .until("the phone has the profile", |client| {
                Ok((client.profile()?.display_name == "The Countess").then_some(()))
            })
            .await
    }

    async fn a_stranger_sees_and_hears_nothing_until_accepted(world: &World) -> Result<()> {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        bob.client()?.set_profile(called("Robert"))?;
        let talk = ada.opens("Bob").await?;
        ada.sends(talk, "do you know me?").await?;
        let request = bob.finds_conversation_with("Ada").await?;
        ensure!(request.request, "it is no request");
        bob.reads(talk, "Ada", "do you know me?").await?;
        ensure!(bob.client()?.notifications()?.is_empty(), "it was announced");
        ensure!(bob.client()?.badge()?.messages == 0, "it was counted");
        bob.client()?.mark_read(talk)?;
        bob.client()?.typing(talk)?;
        // Somebody whom he knows learns what she does not.
        let cleo = world.user("Cleo").await?;
        let other = bob.opens("Cleo").await?;
        bob.sends(other, "hello").await?;
        knows_as(&cleo, &bob, "Robert").await?;
        cleo.sees_online("Robert", true).await?;
        let listed = ada.view(talk)?.context("no talk")?;
        let peer = listed.peer.context("nobody")?;
        ensure!(!peer.online && peer.name == "Bob" && listed.typing.is_empty(), "{peer:?}");

        bob.client()?.accept(talk)?;
        knows_as(&ada, &bob, "Robert").await?;
        ada.sees_online("Robert", true).await
    }

    async fn what_is_ignored_stays_away(world: &World) -> Result<()> {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let talk = ada.opens("Bob").await?;
        ada.sends(talk, "buy this").await?;
        bob.reads(talk, "Ada", "buy this").await?;
        bob.client()?.ignore(talk, true)?;
        ada.sends(talk, "buy that").await?;
        bob.client()?.catch_up().await?;
        ensure!(bob.view(talk)?.is_none() && bob.messages(talk)?.is_empty(), "it is still there");
        ensure!(bob.client()?.blocked()?.len() == 1);
        let refused = bob.client()?.ignore(ConversationId::from_bytes([9; 16]), false);
        ensure!(refused.is_err_and(|error| error.code() == "unknown_conversation"));
        Ok(())
    }

    async fn whom_one_blocks_is_not_heard_until_one_wants_to(world: &World) -> Result<()> {
        let (ada, bob, talk) = acquainted(world).await?;
        let crew = ada.founds_a_group("Crew", &[&bob]).await?;
        bob.finds_conversation_with("Crew").await?;
        ada.sees_online("Bob", true).await?;
        bob.client()?.block(ada.user()?, true)?;
        ada.sees_online("Bob", false).await?;
        ada.sends(crew, "noise").await?;
        ada.sends(talk, "noise").await?;
        bob.until("the noise is hidden", |_| {
            let rows = bob.messages(crew)?;
            Ok(rows.iter().any(|row| row.hidden && row.text.is_empty()).then_some(()))
        })
        .await?;
        ensure!(bob.client()?.notifications()?.is_empty() && bob.view(talk)?.is_none());
        ensure!(bob.view(crew)?.context("no crew")?.unread == 0);
        bob.client()?.block(ada.user()?, false)?;
        bob.reads(talk, "Ada", "noise").await?;
        ada.sees_online("Bob", true).await
    }

    async fn what_comes_is_announced_once_and_where_it_is_wanted(world: &World) -> Result<()> {
        let (ada, bob, talk) = acquainted(world).await?;
        bob.client()?.notifications()?;
        ada.sends(talk, "**now**").await?;
        bob.reads(talk, "Ada", "**now**").await?;
        let announced = bob.client()?.notifications()?;
        let one = announced.first().context("nothing is announced")?;
        ensure!(announced.len() == 1 && one.title == "Ada" && one.text == "now", "{announced:?}");
        ensure!(bob.client()?.notifications()?.is_empty(), "twice");
        bob.client()?.set_notify(talk, Some(NotifyLevel::Mentions), None)?;
        ada.sends(talk, "not now").await?;
        let mention = format!("<@{}> now", bob.user()?);
        ada.sends(talk, &mention).await?;
        bob.reads(talk, "Ada", &mention).await?;
        let announced = bob.client()?.notifications()?;
        ensure!(announced.len() == 1 && announced.iter().all(|one| one.mention), "{announced:?}");
        let badge = bob.client()?.badge()?;
        ensure!((badge.messages, badge.mentions) == (1, 1), "{badge:?}");
        Ok(())
    }
}
