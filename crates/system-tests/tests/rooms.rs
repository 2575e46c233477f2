//! Rooms by link: coming in, knocking, the door, and those who are put out.

use anyhow::{Context, Result, ensure};
use undertone_client_core::view::{ConversationStateView, EventKind, RoomOptions, StatePatch, TermsPatch};
use undertone_system_tests::{Actor, World, code, stories};
use undertone_wire::content::HistorySharing;
use undertone_wire::group::Role::{Member, Owner, ReadOnly};

stories! {
    async fn twenty_join_at_once_and_all_read(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let (room, link) = ada.founds_a_room("Harbour").await?;
        let guests = world.guests("Guest", 20).await?;
        let joined = futures::future::join_all(guests.iter().map(|guest| guest.joins(&link))).await;
        for joined in joined {
            let joined = joined?;
            ensure!(joined.conversation == room && !joined.waiting, "{joined:?}");
        }
        ada.sees_so_many(room, 21).await?;
        ada.sends(room, "all aboard").await?;
        for guest in &guests {
            guest.sees(room, &[("Ada", "all aboard")]).await?;
            guest.sees_so_many(room, 21).await?;
        }
        let authenticator = ada.epoch_authenticator(room)?;
        for guest in &guests {
            ensure!(guest.epoch_authenticator(room)? == authenticator, "{} is elsewhere", guest.name());
        }
        Ok(())
    }

    async fn a_code_is_as_good_as_the_link_and_the_door_says_what_holds(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let options = RoomOptions {
            title: "Harbour".to_owned(),
            capacity: Some(2),
            slow_mode_seconds: 7,
            retention_seconds: Some(3600),
            ..RoomOptions::default()
        };
        let (room, link) = ada.founds_a_room_with(options).await?;
        let code_of_room = ada.client()?.room_link(room)?.context("no link")?.code;
        let stranger = world.device("Stranger").await?;
        let door = stranger.client()?.look_at_room(&code_of_room).await?;
        ensure!(door.conversation == room && door.title == "Harbour" && !door.joined, "{door:?}");
        ensure!((door.people, door.capacity, door.slow_mode_seconds, door.retention_seconds) == (1, 2, 7, 3600));

        let eve = world.guest("Eve").await?;
        eve.joins(&code_of_room.to_uppercase()).await?;
        eve.stands(room, ConversationStateView::Active).await?;
        let again = eve.joins(&link).await?;
        ensure!(again.conversation == room && !again.waiting, "twice is once");
        let late = world.guest("Late").await?;
        ensure!(code(late.joins(&link).await).as_deref() == Some("room_full"));
        ada.sees_people(room, &[("Ada", Owner), ("Eve", Member)]).await
    }

    async fn links_that_are_wrong_open_nothing_and_say_so(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let eve = world.guest("Eve").await?;
        let (_, link) = ada.founds_a_room("Harbour").await?;
        let (other, _) = link.split_at(link.len().saturating_sub(4));
        ensure!(code(eve.joins(other).await).as_deref() == Some("link_malformed"), "cut off");
        ensure!(code(eve.joins("hello").await).as_deref() == Some("link_malformed"), "no code at all");
        ensure!(code(eve.joins("aaaa-aaaa-aaaa-aaaa-aaaa-aaaa").await).as_deref() == Some("not_found"), "guessed");
        Ok(())
    }

    async fn who_is_kicked_may_return_and_who_is_banned_may_not(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let (room, link) = ada.founds_a_room("Harbour").await?;
        let (eve, mallory) = (world.guest("Eve").await?, world.guest("Mallory").await?);
        for guest in [&eve, &mallory] {
            guest.joins(&link).await?;
        }
        ada.sees_so_many(room, 3).await?;

        ada.bans(room, mallory.user()?).await?;
        mallory.stands(room, ConversationStateView::Removed).await?;
        let banned = eve.sees_that(room, EventKind::Banned).await?;
        ensure!(banned.whom.first().is_some_and(|whom| whom.name == "Mallory"), "{banned:?}");
        let new = link_after(&ada, &link, room).await?;
        ensure!(code(mallory.joins(&link).await).is_some(), "by the old link");
        ensure!(code(mallory.joins(&new).await).as_deref() == Some("banned"), "by the new link");
        ada.sends(room, "without Mallory").await?;
        eve.sees(room, &[("Ada", "without Mallory")]).await?;
        ensure!(!mallory.timeline(room)?.iter().any(|line| line.text == "without Mallory"));

        ada.client()?.unban_member(room, mallory.user()?).await?;
        mallory.joins(&new).await?;
        ada.sees_people(room, &[("Ada", Owner), ("Eve", Member), ("Mallory", Member)]).await
    }

    async fn an_admin_opens_to_those_who_knock(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let options = RoomOptions { title: "Harbour".to_owned(), knock: true, ..RoomOptions::default() };
        let (room, link) = ada.founds_a_room_with(options).await?;
        let (eve, mallory) = (world.guest("Eve").await?, world.guest("Mallory").await?);
        for guest in [&eve, &mallory] {
            let joined = guest.joins(&link).await?;
            ensure!(joined.waiting && joined.conversation == room, "{joined:?}");
            guest.stands(room, ConversationStateView::Waiting).await?;
        }
        ada.until("two knock", |_| Ok(ada.view(room)?.filter(|view| view.knocks == 2).map(|_| ()))).await?;
        let knocks = ada.client()?.knocks(room).await?;
        let named = |name: &str| knocks.iter().find(|knock| knock.name == name).map(|knock| knock.device);
        ada.client()?.admit(room, named("Eve").context("no Eve")?).await?;
        ada.client()?.refuse_knock(room, named("Mallory").context("no Mallory")?).await?;
        eve.stands(room, ConversationStateView::Active).await?;
        mallory.until("Mallory stands there no more", |_| Ok(mallory.view(room)?.is_none().then_some(()))).await?;
        ada.sends(room, "come in").await?;
        eve.sees(room, &[("Ada", "come in")]).await?;
        ensure!(ada.client()?.knocks(room).await?.is_empty(), "they still stand there");
        ada.sees_people(room, &[("Ada", Owner), ("Eve", Member)]).await
    }

    async fn a_locked_door_opens_to_nobody(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let (room, link) = ada.founds_a_room("Harbour").await?;
        let eve = world.guest("Eve").await?;
        ada.sets(room, TermsPatch { locked: Some(true), ..TermsPatch::default() }).await?;
        ensure!(eve.client()?.look_at_room(&link).await?.locked, "the door does not say it");
        ensure!(code(eve.joins(&link).await).as_deref() == Some("room_locked"));
        ada.sets(room, TermsPatch { locked: Some(false), ..TermsPatch::default() }).await?;
        eve.joins(&link).await?;
        eve.stands(room, ConversationStateView::Active).await
    }

    async fn a_replaced_link_says_so_and_all_inside_have_the_new_one(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let (room, link) = ada.founds_a_room("Harbour").await?;
        let eve = world.guest("Eve").await?;
        eve.joins(&link).await?;
        let new = ada.client()?.rotate_link(room).await?.link;
        ensure!(new != link, "the same again");
        let late = world.guest("Late").await?;
        ensure!(code(late.joins(&link).await).as_deref() == Some("link_replaced"));
        ensure!(link_after(&eve, &link, room).await? == new, "Eve has another");
        late.joins(&new).await?;
        late.stands(room, ConversationStateView::Active).await?;
        late.sends(room, "by the new link").await?;
        for actor in [&ada, &eve] {
            actor.sees(room, &[("Late", "by the new link")]).await?;
        }
        Ok(())
    }

    async fn slow_mode_and_mute_hold_people_back_and_not_admins(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let options = RoomOptions { title: "Harbour".to_owned(), slow_mode_seconds: 3600, ..RoomOptions::default() };
        let (room, link) = ada.founds_a_room_with(options).await?;
        let eve = world.guest("Eve").await?;
        eve.joins(&link).await?;
        eve.sends(room, "my one word of this hour").await?;
        let view = eve.view(room)?.context("no room")?;
        ensure!(view.write_again_at_ms.is_some(), "the composer cannot know");
        let held = eve.writes(room, "and another").await?;
        for number in 0..3 {
            ada.sends(room, &format!("word {number} of an owner")).await?;
        }
        eve.reads(room, "Ada", "word 2 of an owner").await?;
        ensure!(!ada.timeline(room)?.iter().any(|line| line.text == "and another"), "too fast");
        // The server holds it back, not only Eve's program; it goes when the owner lets it.
        ada.sets(room, TermsPatch { slow_mode_seconds: Some(0), ..TermsPatch::default() }).await?;
        eve.sees_that(room, EventKind::SlowModeChanged).await?;
        let client = eve.client()?;
        if client.message(held)?.is_some_and(|held| held.failure.is_some()) {
            client.retry(held)?;
        }
        client.wait_sent(held).await?;
        ada.sees(room, &[("Eve", "and another")]).await?;

        ada.makes(room, &eve, ReadOnly).await?;
        eve.until("Eve is muted", |_| Ok(eve.view(room)?.filter(|view| !view.may.write).map(|_| ()))).await?;
        ensure!(eve.cannot_send(room, "muffled").await? == "read_only");
        ada.makes(room, &eve, Member).await?;
        eve.until("Eve may write", |_| Ok(eve.view(room)?.filter(|view| view.may.write).map(|_| ()))).await?;
        eve.sends(room, "again").await?;
        ada.sees(room, &[("Eve", "again")]).await
    }

    async fn history_is_shared_with_those_who_come_only_if_the_room_wants_it(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let (room, link) = ada.founds_a_room("Harbour").await?;
        for text in ["one", "two", "three"] {
            ada.sends(room, text).await?;
        }
        let (early, late) = (world.guest("Early").await?, world.guest("Late").await?);
        early.joins(&link).await?;
        ada.sends(room, "four").await?;
        early.sees(room, &[("Ada", "four")]).await?;
        ensure!(early.timeline(room)?.len() == 1, "nobody reads what was said before they came");

        let patch = StatePatch { history: Some(HistorySharing::Messages(2)), ..StatePatch::default() };
        ada.client()?.set_state(room, patch).await?;
        early.sees_that(room, EventKind::HistoryChanged).await?;
        late.joins(&link).await?;
        late.until("Late has the two last messages", |_| {
            let lines = late.timeline(room)?;
            let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
            Ok((texts == ["three", "four"]).then_some(()))
        }).await?;
        let shared = late.messages(room)?;
        ensure!(shared.iter().all(|message| message.shared && message.sender_name == "Ada"), "{shared:?}");
        ada.sends(room, "five").await?;
        late.sees(room, &[("Ada", "three"), ("Ada", "four"), ("Ada", "five")]).await?;
        early.sees(room, &[("Ada", "four"), ("Ada", "five")]).await?;
        ensure!(early.timeline(room)?.len() == 2, "Early got history as well");
        Ok(())
    }

    async fn a_room_ends_for_everyone(world: &World) -> Result<()> {
        let ada = world.user("Ada").await?;
        let options = RoomOptions { title: "Harbour".to_owned(), expires_after_seconds: Some(3600), ..RoomOptions::default() };
        let (room, link) = ada.founds_a_room_with(options).await?;
        let eve = world.guest("Eve").await?;
        eve.joins(&link).await?;
        eve.sends(room, "good night").await?;
        let now = eve.client()?.look_at_room(&link).await?.expires_at_ms.context("no end")?;
        let past = undertone_wire::Timestamp::from_millis(now.saturating_sub(3_600_000));
        ada.sets(room, TermsPatch { expires_at: Some(Some(past)), ..TermsPatch::default() }).await?;
        for actor in [&ada, &eve] {
            actor.stands(room, ConversationStateView::Closed).await?;
        }
        let late = world.guest("Late").await?;
        ensure!(code(late.joins(&link).await).as_deref() == Some("room_closed"));
        eve.cannot_send(room, "anybody?").await?;
        Ok(())
    }
}

/// Waits until this device has another link than `old`.
async fn link_after(actor: &Actor, old: &str, room: undertone_wire::ConversationId) -> Result<String> {
    let what = format!("{} has a new link", actor.name());
    actor
        .until(&what, |client| {
            let link = client.room_link(room)?.map(|link| link.link);
            Ok(link.filter(|link| link != old))
        })
        .await
}
