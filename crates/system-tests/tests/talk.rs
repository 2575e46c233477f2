//! What people say about messages: replies, edits, deletions, reactions, pins and receipts, with real
//! clients and a real server.

use anyhow::{Result, ensure};
use undertone_client_core::message::draft::Draft;
use undertone_client_core::testing::Checkpoints;
use undertone_client_core::view::{MessageView, PrivacyView};
use undertone_system_tests::{World, code, stories};
use undertone_wire::group::Role::ReadOnly;

fn reacted(message: &MessageView, emoji: &str, count: u32) -> bool {
    let mut reactions = message.reactions.iter();
    reactions.any(|reaction| reaction.emoji == emoji && reaction.count == count)
}

stories! {
    async fn people_answer_edit_react_and_pin(world: &World) -> Result<()> {
        let (ada, bob, cleo) = (world.user("Ada").await?, world.user("Bob").await?, world.user("Cleo").await?);
        let crew = ada.founds_a_group("Crew", &[&bob, &cleo]).await?;
        for actor in [&bob, &cleo] {
            actor.finds_conversation_with("Crew").await?;
        }
        ada.sends(crew, "six o'clock?").await?;
        bob.reads(crew, "Ada", "six o'clock?").await?;
        bob.replies(crew, "six o'clock?", "too early").await?;
        let answer = cleo.sees_message(crew, "too early", |_| true).await?;
        let reply = answer.reply.as_ref();
        ensure!(reply.is_some_and(|reply| reply.text == "six o'clock?" && reply.sender_name == "Ada"), "{reply:?}");

        ada.edits(crew, "six o'clock?", "seven o'clock?").await?;
        for actor in [&bob, &cleo] {
            let edited = actor.sees_message(crew, "seven o'clock?", |message| message.edited).await?;
            let edits = actor.client()?.edits(edited.key)?;
            ensure!(edits.iter().map(|edit| edit.text.as_str()).eq(["six o'clock?", "seven o'clock?"]));
            ensure!(actor.message_saying(crew, "too early")?.reply.is_some_and(|reply| reply.text == "seven o'clock?"));
        }
        bob.reacts(crew, "seven o'clock?", ("👍", true)).await?;
        cleo.reacts(crew, "seven o'clock?", ("👍", true)).await?;
        ada.sees_message(crew, "seven o'clock?", |message| reacted(message, "👍", 2)).await?;
        bob.reacts(crew, "seven o'clock?", ("👍", false)).await?;
        ada.sees_message(crew, "seven o'clock?", |message| reacted(message, "👍", 1)).await?;

        ada.pins(crew, "seven o'clock?").await?;
        cleo.sees_message(crew, "seven o'clock?", |message| message.pinned).await?;
        ensure!(cleo.client()?.pinned(crew)?.len() == 1);
        ensure!(code(bob.pins(crew, "too early").await).as_deref() == Some("forbidden"), "a member pins");
        Ok(())
    }

    async fn what_is_deleted_is_gone_for_all_and_only_by_who_may(world: &World) -> Result<()> {
        let (ada, bob, cleo) = (world.user("Ada").await?, world.user("Bob").await?, world.user("Cleo").await?);
        let crew = ada.founds_a_group("Crew", &[&bob, &cleo]).await?;
        for actor in [&bob, &cleo] {
            actor.finds_conversation_with("Crew").await?;
        }
        bob.sends(crew, "a slip of the tongue").await?;
        bob.sends(crew, "rude words").await?;
        cleo.reads(crew, "Bob", "rude words").await?;
        ensure!(code(cleo.deletes(crew, "rude words").await).as_deref() == Some("forbidden"), "a member deletes");
        ensure!(code(cleo.edits(crew, "rude words", "kind words").await).as_deref() == Some("forbidden"));
        // Who is away hears of it later.
        let cleos = cleo.user()?;
        cleo.kill();
        bob.deletes(crew, "a slip of the tongue").await?;
        ada.deletes(crew, "rude words").await?;
        ada.sends(crew, "be kind").await?;
        cleo.start(Checkpoints::default()).await?;
        for actor in [&ada, &bob, &cleo] {
            actor.sees(crew, &[("Bob", ""), ("Bob", ""), ("Ada", "be kind")]).await?;
            ensure!(actor.messages(crew)?.iter().take(2).all(|message| message.deleted));
            ensure!(actor.client()?.search("tongue")?.is_empty());
        }
        // Who may not write may not react either, and what was shown is undone.
        ada.makes(crew, &cleo, ReadOnly).await?;
        let muted = |actor: &undertone_client_core::view::MemberView| actor.user == cleos && actor.role == ReadOnly;
        cleo.until("Cleo is muted", |client| Ok(client.members(crew)?.iter().any(muted).then_some(()))).await?;
        ensure!(code(cleo.reacts(crew, "be kind", ("👍", true)).await).as_deref() == Some("read_only"));
        ensure!(cleo.message_saying(crew, "be kind")?.reactions.is_empty());
        Ok(())
    }

    async fn who_has_read_is_told_if_both_want_it(world: &World) -> Result<()> {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let talk = ada.opens("Bob").await?;
        ada.sends(talk, "are you there?").await?;
        bob.finds_conversation_with("Ada").await?;
        bob.sends(talk, "yes").await?;
        bob.has_read(talk)?;
        let read = ada.sees_message(talk, "are you there?", |message| message.read_by == 1).await?;
        let readers = ada.client()?.readers(read.key)?;
        ensure!(readers.len() == 1 && readers.iter().all(|reader| reader.name == "Bob" && reader.at_ms.is_some()));
        bob.client()?.set_privacy(PrivacyView { receipts: false, typing: false })?;
        ada.sends(talk, "still there?").await?;
        bob.reads(talk, "Ada", "still there?").await?;
        bob.has_read(talk)?;
        bob.sends(talk, "of course").await?;
        ada.reads(talk, "Bob", "of course").await?;
        ensure!(ada.message_saying(talk, "still there?")?.read_by == 0);
        Ok(())
    }

    async fn what_is_said_survives_a_restart_and_a_time_without_server(world: &World) -> Result<()> {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let talk = ada.opens("Bob").await?;
        ada.sends(talk, "one").await?;
        bob.finds_conversation_with("Ada").await?;
        bob.reads(talk, "Ada", "one").await?;
        world.kill_server();
        ada.client()?.edit(ada.message_saying(talk, "one")?.key, "one, better")?;
        ada.writes(talk, "two").await?;
        ada.client()?.react(ada.message_saying(talk, "two")?.key, "🎉", true)?;
        ada.client()?.save_draft(talk, "thr")?;
        ada.kill();
        ada.start(Checkpoints::default()).await?;
        ensure!(ada.message_saying(talk, "one, better")?.edited, "it is shown while it waits");
        ensure!(ada.client()?.draft(talk)? == "thr");
        world.start_server().await?;
        bob.sees(talk, &[("Ada", "one, better"), ("Ada", "two")]).await?;
        bob.sees_message(talk, "two", |message| reacted(message, "🎉", 1)).await?;
        Ok(())
    }

    async fn messages_are_passed_on(world: &World) -> Result<()> {
        let (ada, bob, cleo) = (world.user("Ada").await?, world.user("Bob").await?, world.user("Cleo").await?);
        let talk = ada.opens("Bob").await?;
        ada.client()?.send_text(talk, rand_key(), Draft { text: "the **plan**".to_owned(), ..Draft::default() }).await?;
        bob.finds_conversation_with("Ada").await?;
        bob.reads(talk, "Ada", "the **plan**").await?;
        let other = bob.opens("Cleo").await?;
        let plan = bob.message_saying(talk, "the **plan**")?.key;
        bob.client()?.forward(&[plan], &[other]).await?;
        cleo.finds_conversation_with("Bob").await?;
        let passed = cleo.sees_message(other, "the **plan**", |message| message.forwarded).await?;
        ensure!(passed.sender_name == "Bob" && !passed.edited, "{passed:?}");
        Ok(())
    }
}

fn rand_key() -> undertone_client_core::MessageKey {
    undertone_client_core::MessageKey::random(&mut rand::rngs::OsRng)
}
