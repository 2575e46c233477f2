//! The drill: a server is backed up while people talk, talks on, is destroyed and restored. Everybody keeps
//! what they have, what the server lost is sent again, nobody leaves an epoch that they passed, and who was
//! put out stays out.

use anyhow::{Result, ensure};
use undertone_client_core::view::{ConversationStateView, NoticeView};
use undertone_system_tests::{Actor, World, stories};
use undertone_wire::ConversationId;

/// So many lines are written while the backup is made.
const MEANWHILE: usize = 30;

stories! {
    async fn a_server_that_is_lost_comes_back_and_nobody_loses_anything(world: &World) -> Result<()> {
        let (ada, bob, cleo) = (world.user("Ada").await?, world.user("Bob").await?, world.user("Cleo").await?);
        let talk = ada.opens("Bob").await?;
        bob.finds_conversation_with("Ada").await?;
        let crew = ada.founds_a_group("Crew", &[&bob, &cleo]).await?;
        for actor in [&bob, &cleo] {
            actor.finds_conversation_with("Crew").await?;
        }
        ada.sends(talk, "before").await?;
        ada.sends(crew, "all aboard").await?;
        let (backup, written) = futures::join!(world.takes_a_backup(), writes_on(&ada, talk));
        written?;
        let backup = backup?;

        bob.sends(talk, "after the backup").await?;
        ada.removes(crew, cleo.user()?).await?;
        cleo.stands(crew, ConversationStateView::Removed).await?;
        ada.sends(crew, "without Cleo").await?;
        bob.reads(crew, "Ada", "without Cleo").await?;
        bob.reads(talk, "Ada", &line(MEANWHILE - 1)).await?;
        ada.reads(talk, "Bob", "after the backup").await?;
        let epoch = bob.client()?.epoch_authenticator(crew)?;

        world.destroy_server().await?;
        world.restores(&backup).await?;
        world.start_server().await?;
        for (from, to, text) in [(&ada, &bob, "here again"), (&bob, &ada, "so am I")] {
            for conversation in [talk, crew] {
                from.sends(conversation, text).await?;
                to.reads(conversation, from.name(), text).await?;
            }
        }
        for actor in [&ada, &bob] {
            let mut texts: Vec<_> = actor.timeline(talk)?.into_iter().map(|line| line.text).collect();
            texts.sort();
            let mut all: Vec<_> = (0..MEANWHILE).map(line).collect();
            all.extend(["before", "after the backup", "here again", "so am I"].map(str::to_owned));
            all.sort();
            ensure!(texts == all, "{} has {texts:?}", actor.name());
            let crew_has: Vec<_> = actor.timeline(crew)?.into_iter().map(|line| line.text).collect();
            ensure!(crew_has == ["all aboard", "without Cleo", "here again", "so am I"], "{crew_has:?}");
            ensure!(actor.client()?.epoch_authenticator(crew)? == epoch, "{} passed an epoch twice", actor.name());
            ensure!(noticed(actor, crew)?, "{} did not notice", actor.name());
        }
        ensure!(noticed(&bob, talk)?, "Bob did not notice what the server lost of him");
        cleo.stands(crew, ConversationStateView::Removed).await?;
        ensure!(cleo.timeline(crew)?.len() == 1, "Cleo reads on");

        // Key packages that were given out before are not given out again.
        let dan = world.user("Dan").await?;
        let new = dan.opens("Bob").await?;
        bob.finds_conversation_with("Dan").await?;
        dan.sends(new, "hello").await?;
        bob.reads(new, "Dan", "hello").await
    }
}

fn line(number: usize) -> String {
    format!("line {number}")
}

async fn writes_on(author: &Actor, talk: ConversationId) -> Result<()> {
    for number in 0..MEANWHILE {
        author.sends(talk, &line(number)).await?;
    }
    Ok(())
}

fn noticed(actor: &Actor, conversation: ConversationId) -> Result<bool> {
    let conversations = actor.client()?.conversations()?;
    let found = conversations
        .into_iter()
        .find(|known| known.conversation == conversation);
    Ok(found.is_some_and(|known| known.notice == Some(NoticeView::RolledBack)))
}
