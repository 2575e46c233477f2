//! Messages with timers: they end on both sides.

use anyhow::{Context, Result, ensure};
use std::time::Duration;
use undertone_client_core::testing::Checkpoints;
use undertone_client_core::view::{EventKind, StatePatch, TermsPatch};
use undertone_system_tests::{World, stories};
use undertone_wire::content::Expiry;

/// The shortest that there is.
const SHORT: u32 = 5;
/// Longer than anything of a story takes on a busy machine.
const MINUTE: u32 = 60;

stories! {
    async fn a_message_with_a_timer_vanishes_on_both_sides(world: &World) -> Result<()> {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let talk = ada.opens("Bob").await?;
        ada.sends(talk, "stays").await?;
        ada.sends_for_a_while(talk, "vanishes", Expiry::AfterSent(SHORT)).await?;
        bob.sees(talk, &[("Ada", "stays"), ("Ada", "vanishes")]).await?;
        let at_bob = bob.messages(talk)?;
        let countdown = at_bob.last().context("nothing")?;
        ensure!(countdown.expires_at_ms.is_some_and(|at| at > countdown.sent_at_ms), "no countdown");
        for actor in [&ada, &bob] {
            actor.sees_no_more(talk, "vanishes").await?;
            ensure!(actor.client()?.search("vanishes")?.is_empty(), "{} finds it", actor.name());
            actor.sees(talk, &[("Ada", "stays")]).await?;
        }
        Ok(())
    }

    async fn a_timer_that_begins_with_reading_waits_for_it(world: &World) -> Result<()> {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let talk = ada.opens("Bob").await?;
        ada.sends_for_a_while(talk, "read me", Expiry::AfterRead(SHORT)).await?;
        bob.sees(talk, &[("Ada", "read me")]).await?;
        let unread = bob.messages(talk)?;
        ensure!(unread.last().context("nothing")?.expires_at_ms.is_none(), "it runs already");
        bob.client()?.mark_read(talk)?;
        let read = bob.messages(talk)?;
        ensure!(read.last().context("nothing")?.expires_at_ms.is_some(), "it does not run");
        bob.sees_no_more(talk, "read me").await
    }

    async fn a_timer_runs_on_while_a_device_is_off(world: &World) -> Result<()> {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let talk = ada.opens("Bob").await?;
        bob.finds_conversation_with("Ada").await?;
        ada.sends_for_a_while(talk, "seen in time", Expiry::AfterSent(SHORT)).await?;
        bob.sees(talk, &[("Ada", "seen in time")]).await?;
        bob.kill();
        ada.sees_no_more(talk, "seen in time").await?;
        bob.start(Checkpoints::default()).await?;
        bob.sees_no_more(talk, "seen in time").await?;
        bob.sends(talk, "was there something?").await?;
        ada.sees(talk, &[("Bob", "was there something?")]).await
    }

    async fn a_conversation_has_a_timer_that_all_see(world: &World) -> Result<()> {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let crew = ada.founds_a_group("Crew", &[&bob]).await?;
        bob.finds_conversation_with("Crew").await?;
        let timer = |timer| StatePatch { timer: Some(timer), ..StatePatch::default() };
        ada.client()?.set_state(crew, timer(Some(Expiry::AfterSent(SHORT)))).await?;
        let set = bob.sees_that(crew, EventKind::TimerSet).await?;
        ensure!(set.timer == Some(Expiry::AfterSent(SHORT)), "{set:?}");
        bob.sends(crew, "written on water").await?;
        ada.sees(crew, &[("Bob", "written on water")]).await?;
        for actor in [&ada, &bob] {
            actor.sees_no_more(crew, "written on water").await?;
        }
        ada.client()?.set_state(crew, timer(None)).await?;
        bob.sees_that(crew, EventKind::TimerOff).await?;
        bob.sends(crew, "written in stone").await?;
        ensure!(bob.messages(crew)?.last().context("nothing")?.expiry.is_none(), "still with a timer");
        ada.sees(crew, &[("Bob", "written in stone")]).await
    }

    async fn what_ended_on_the_way_is_neither_shown_nor_missed(world: &World) -> Result<()> {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let talk = ada.opens("Bob").await?;
        bob.finds_conversation_with("Ada").await?;
        bob.kill();
        ada.sends_for_a_while(talk, "too late", Expiry::AfterSent(SHORT)).await?;
        ada.sends(talk, "in time").await?;
        ada.sees_no_more(talk, "too late").await?;
        bob.start(Checkpoints::default()).await?;
        bob.sees(talk, &[("Ada", "in time")]).await?;
        ensure!(bob.timeline(talk)?.len() == 1, "what had ended was shown");
        bob.sends(talk, "nothing is missing").await?;
        ada.sees(talk, &[("Bob", "nothing is missing")]).await?;
        ensure!(bob.view(talk)?.context("no talk")?.notice.is_none(), "an alarm for nothing");
        Ok(())
    }

    async fn a_short_retention_takes_mail_away_that_nobody_fetched(world: &World) -> Result<()> {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let crew = ada.founds_a_group("Crew", &[&bob]).await?;
        bob.finds_conversation_with("Crew").await?;
        let retention = TermsPatch { retention_seconds: Some(Some(MINUTE)), ..TermsPatch::default() };
        ada.sets(crew, retention).await?;
        let changed = bob.sees_that(crew, EventKind::RetentionChanged).await?;
        ensure!(changed.retention_seconds == Some(MINUTE), "{changed:?}");
        bob.kill();
        ada.sends(crew, "too late").await?;
        ensure!(world.forgets(Duration::ZERO).await? == 0, "the server does not keep it that long");
        ensure!(world.forgets(Duration::from_secs(MINUTE.into())).await? > 0, "it is still there");
        bob.start(Checkpoints::default()).await?;
        ada.sends(crew, "in time").await?;
        bob.sees(crew, &[("Ada", "in time")]).await?;
        ensure!(bob.timeline(crew)?.len() == 1, "what was gone was shown");
        ada.sees(crew, &[("Ada", "too late"), ("Ada", "in time")]).await?;
        bob.sends(crew, "and I go on").await?;
        ada.sees(crew, &[("Bob", "and I go on")]).await
    }
}
