//! Groups: who is in them, what they may do, and what everyone is told of it.

use anyhow::{Context, Result, ensure};
use undertone_client_core::testing::Checkpoints;
use undertone_client_core::view::{ConversationStateView, EventKind, StatePatch};
use undertone_system_tests::{Actor, World, code, stories};
use undertone_wire::Bytes;
use undertone_wire::group::Role::{Admin, Member, Owner, ReadOnly};

stories! {
    async fn a_group_is_founded_grows_and_shrinks(world: &World) -> Result<()> {
        let (ada, bob, cleo) = (world.user("Ada").await?, world.user("Bob").await?, world.user("Cleo").await?);
        let crew = ada.founds_a_group("Crew", &[&bob]).await?;
        let at_bob = bob.finds_conversation_with("Crew").await?;
        ensure!(at_bob.conversation == crew && at_bob.role == Member, "{at_bob:?}");
        for actor in [&ada, &bob] {
            actor.sees_people(crew, &[("Ada", Owner), ("Bob", Member)]).await?;
        }
        ada.sends(crew, "welcome aboard").await?;
        bob.sees(crew, &[("Ada", "welcome aboard")]).await?;

        ada.adds(crew, &[&cleo]).await?;
        cleo.finds_conversation_with("Crew").await?;
        let added = bob.sees_that(crew, EventKind::Added).await?;
        ensure!(added.who_name == "Ada" && added.whom.first().is_some_and(|whom| whom.name == "Cleo"), "{added:?}");
        bob.sends(crew, "hello Cleo").await?;
        cleo.sees(crew, &[("Bob", "hello Cleo")]).await?;
        ensure!(cleo.timeline(crew)?.len() == 1, "nobody reads what was said before they came");

        ada.removes(crew, bob.user()?).await?;
        bob.stands(crew, ConversationStateView::Removed).await?;
        let gone = cleo.sees_that(crew, EventKind::Removed).await?;
        ensure!(gone.whom.first().is_some_and(|whom| whom.name == "Bob"), "{gone:?}");
        bob.cannot_send(crew, "am I still here?").await?;
        ada.sends(crew, "without Bob").await?;
        cleo.sees(crew, &[("Ada", "without Bob")]).await?;
        ensure!(!bob.timeline(crew)?.iter().any(|line| line.text == "without Bob"), "Bob reads on");

        ada.adds(crew, &[&bob]).await?;
        bob.stands(crew, ConversationStateView::Active).await?;
        ada.sends(crew, "Bob again").await?;
        bob.sees(crew, &[("Ada", "Bob again")]).await
    }

    async fn who_is_put_out_while_away_learns_it(world: &World) -> Result<()> {
        let (ada, bob, cleo) = (world.user("Ada").await?, world.user("Bob").await?, world.user("Cleo").await?);
        let crew = ada.founds_a_group("Crew", &[&bob, &cleo]).await?;
        bob.finds_conversation_with("Crew").await?;
        cleo.finds_conversation_with("Crew").await?;
        let bobs = bob.user()?;
        bob.kill();
        ada.removes(crew, bobs).await?;
        ada.sends(crew, "without Bob").await?;
        bob.start(Checkpoints::default()).await?;
        bob.stands(crew, ConversationStateView::Removed).await?;
        cleo.sees(crew, &[("Ada", "without Bob")]).await?;
        ensure!(bob.timeline(crew)?.is_empty(), "Bob reads on");
        Ok(())
    }

    async fn nobody_acts_above_their_role(world: &World) -> Result<()> {
        let (ada, bob, cleo, dan) = (
            world.user("Ada").await?,
            world.user("Bob").await?,
            world.user("Cleo").await?,
            world.user("Dan").await?,
        );
        let crew = ada.founds_a_group("Crew", &[&bob, &cleo]).await?;
        for actor in [&bob, &cleo] {
            actor.finds_conversation_with("Crew").await?;
        }
        ensure!(code(bob.adds(crew, &[&dan]).await).is_some(), "a member adds");
        ensure!(code(bob.removes(crew, cleo.user()?).await).is_some(), "a member removes");
        ensure!(code(bob.makes(crew, &bob, Owner).await).is_some(), "a member rises");

        ada.makes(crew, &bob, Admin).await?;
        bob.sees_people(crew, &[("Ada", Owner), ("Bob", Admin), ("Cleo", Member)]).await?;
        bob.adds(crew, &[&dan]).await?;
        dan.finds_conversation_with("Crew").await?;
        ensure!(code(bob.removes(crew, ada.user()?).await).is_some(), "an admin removes the owner");
        ensure!(code(bob.makes(crew, &cleo, Admin).await).is_some(), "an admin makes admins");

        bob.makes(crew, &cleo, ReadOnly).await?;
        cleo.sees_people(crew, &[("Ada", Owner), ("Bob", Admin), ("Cleo", ReadOnly), ("Dan", Member)]).await?;
        ensure!(cleo.cannot_send(crew, "I am muted").await? == "read_only");
        ada.sends(crew, "but read").await?;
        cleo.sees(crew, &[("Ada", "but read")]).await?;
        let change = dan.sees_that(crew, EventKind::RoleChanged).await?;
        ensure!(change.role == Some(ReadOnly) && change.who_name == "Bob", "{change:?}");
        bob.makes(crew, &cleo, Member).await?;
        cleo.sees_people(crew, &[("Ada", Owner), ("Bob", Admin), ("Cleo", Member), ("Dan", Member)]).await?;
        cleo.sends(crew, "and speak again").await?;
        dan.sees(crew, &[("Cleo", "and speak again")]).await
    }

    async fn the_last_owner_hands_over_before_leaving(world: &World) -> Result<()> {
        let (ada, bob, cleo) = (world.user("Ada").await?, world.user("Bob").await?, world.user("Cleo").await?);
        let crew = ada.founds_a_group("Crew", &[&bob, &cleo]).await?;
        for actor in [&bob, &cleo] {
            actor.finds_conversation_with("Crew").await?;
        }
        bob.leaves(crew).await?;
        bob.stands(crew, ConversationStateView::Removed).await?;
        ada.sees_people(crew, &[("Ada", Owner), ("Cleo", Member)]).await?;
        ensure!(ada.sees_that(crew, EventKind::Left).await?.who_name == "Bob");

        ensure!(code(ada.leaves(crew).await).is_some(), "the last owner leaves");
        ada.sees_people(crew, &[("Ada", Owner), ("Cleo", Member)]).await?;
        ada.makes(crew, &cleo, Owner).await?;
        cleo.sees_people(crew, &[("Ada", Owner), ("Cleo", Owner)]).await?;
        ada.leaves(crew).await?;
        ada.stands(crew, ConversationStateView::Removed).await?;
        cleo.sees_people(crew, &[("Cleo", Owner)]).await?;
        cleo.sends(crew, "alone on board").await
    }

    async fn what_is_agreed_on_is_the_same_for_all_and_for_those_who_come(world: &World) -> Result<()> {
        let (ada, bob, cleo) = (world.user("Ada").await?, world.user("Bob").await?, world.user("Cleo").await?);
        let crew = ada.founds_a_group("Crew", &[&bob]).await?;
        bob.finds_conversation_with("Crew").await?;
        let patch = StatePatch { title: Some("The crew".to_owned()), topic: Some("Tides".to_owned()), ..StatePatch::default() };
        ensure!(code(bob.client()?.set_state(crew, patch.clone()).await.map_err(Into::into)).is_some(), "a member renames");
        ada.client()?.set_state(crew, patch).await?;
        let renamed = bob.sees_that(crew, EventKind::TitleChanged).await?;
        ensure!(renamed.title.as_deref() == Some("The crew"), "{renamed:?}");
        ada.adds(crew, &[&cleo]).await?;
        for actor in [&bob, &cleo] {
            let shown = actor.finds_conversation_with("The crew").await?;
            ensure!(shown.topic == "Tides", "{:?}", shown.topic);
        }
        Ok(())
    }

    async fn a_picture_reaches_everybody_and_goes_again(world: &World) -> Result<()> {
        let (ada, bob, cleo) = (world.user("Ada").await?, world.user("Bob").await?, world.user("Cleo").await?);
        let crew = ada.founds_a_group("Crew", &[&bob]).await?;
        bob.finds_conversation_with("Crew").await?;
        let picture = Bytes(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0".to_vec());
        let set = |picture| StatePatch { picture: Some(picture), ..StatePatch::default() };
        let shown = |actor: &Actor| Ok::<_, anyhow::Error>(actor.view(crew)?.context("no crew")?.picture);
        let no_picture = Bytes(b"GIF89a".to_vec());
        let refused = ada.client()?.set_state(crew, set(Some(no_picture))).await;
        ensure!(code(refused.map_err(Into::into)).is_some(), "that is no picture");
        ada.client()?.set_state(crew, set(Some(picture.clone()))).await?;
        bob.sees_that(crew, EventKind::PictureChanged).await?;
        ensure!(shown(&bob)? == Some(picture.clone()), "Bob sees another");
        ada.adds(crew, &[&cleo]).await?;
        cleo.until("Cleo sees the picture", |_| {
            let view = cleo.view(crew)?;
            Ok(view.filter(|view| view.picture.as_ref() == Some(&picture)).map(|_| ()))
        }).await?;
        ada.client()?.set_state(crew, set(None)).await?;
        for actor in [&bob, &cleo] {
            actor.until("the picture goes", |_| Ok(shown(actor)?.is_none().then_some(()))).await?;
        }
        Ok(())
    }

    async fn all_devices_of_a_person_come_and_go(world: &World) -> Result<()> {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let phone = world.device("Bob").await?;
        phone.logs_in().await?;
        phone.key_packages_are_there().await?;
        let crew = ada.founds_a_group("Crew", &[&bob]).await?;
        for device in [&bob, &phone] {
            device.finds_conversation_with("Crew").await?;
        }
        let bobs = ada.members(crew)?.into_iter().find(|member| member.name == "Bob");
        ensure!(bobs.context("no Bob")?.devices == 2, "not with all devices");
        // A device that is added to the account later comes by itself into what was before.
        // It believes in a group for which a device of the same person vouches.
        phone.client()?.refresh_keys(crew).await?;
        phone.sends(crew, "my tablet comes").await?;
        let tablet = world.device("Bob").await?;
        tablet.logs_in().await?;
        tablet.stands(crew, ConversationStateView::Active).await?;
        tablet.sends(crew, "from the tablet").await?;
        for device in [&ada, &bob, &phone] {
            device.sees(crew, &[("Bob", "from the tablet")]).await?;
        }
        bob.leaves(crew).await?;
        for device in [&bob, &phone, &tablet] {
            device.stands(crew, ConversationStateView::Removed).await?;
        }
        ada.sees_people(crew, &[("Ada", Owner)]).await
    }
}
