//! Two people, their devices, and a server that comes and goes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, stopping is how to say that something is wrong"
)]

use anyhow::Result;
use undertone_client_core::view::{ConnectionState, MessageStateView};
use undertone_system_tests::{World, stories};
use undertone_wire::ErrorCode;
use undertone_wire::server_info::{RegistrationPolicy, SetupRequest};

stories! {
    async fn two_people_find_each_other_and_talk(world: &World) -> Result<()> {
        let (alice, bob) = (world.user("Alice").await?, world.user("Bob").await?);
        let talk = alice.opens("Bob").await?;
        alice.sends(talk, "Are you there?").await?;
        let at_bob = bob.finds_conversation_with("Alice").await?;
        assert_eq!(at_bob.conversation, talk);
        bob.sees(talk, &[("Alice", "Are you there?")]).await?;
        bob.sends(talk, "Since the tide turned.").await?;
        alice.sees(talk, &[("Alice", "Are you there?"), ("Bob", "Since the tide turned.")]).await
    }

    async fn history_is_there_after_a_restart_of_client_and_server(world: &World) -> Result<()> {
        let (alice, bob) = (world.user("Alice").await?, world.user("Bob").await?);
        let talk = alice.opens("Bob").await?;
        alice.sends(talk, "one").await?;
        bob.sees(talk, &[("Alice", "one")]).await?;
        for actor in [&alice, &bob] {
            actor.kill();
        }
        world.kill_server();
        for actor in [&alice, &bob] {
            actor.start(undertone_client_core::testing::Checkpoints::default()).await?;
            actor.sees(talk, &[("Alice", "one")]).await?;
        }
        let waiting = alice.writes(talk, "written while the server was dead").await?;
        world.start_server().await?;
        assert_eq!(alice.client()?.wait_sent(waiting).await?.state, MessageStateView::Sent);
        bob.sees(talk, &[("Alice", "one"), ("Alice", "written while the server was dead")]).await
    }

    async fn two_people_open_the_same_conversation_at_once_and_end_in_one(world: &World) -> Result<()> {
        for round in 0..4 {
            let (alice, bob) = (format!("Alice{round}x"), format!("Bob{round}x"));
            let (alice, bob) = (world.user(&alice).await?, world.user(&bob).await?);
            let (by_alice, by_bob) = tokio::join!(alice.opens(bob.name()), bob.opens(alice.name()));
            let talk = by_alice?;
            assert_eq!(talk, by_bob?);
            let (first, second) = tokio::join!(alice.sends(talk, "from one side"), bob.sends(talk, "from the other"));
            first?;
            second?;
            for actor in [&alice, &bob] {
                actor.until("both lines", |_| Ok((actor.timeline(talk)?.len() == 2).then_some(()))).await?;
            }
            assert_eq!(alice.timeline(talk)?, bob.timeline(talk)?, "the same order for both");
            assert_eq!(alice.client()?.conversations()?.len(), 1);
            assert_eq!(bob.client()?.conversations()?.len(), 1);
        }
        Ok(())
    }

    async fn a_second_device_is_in_the_conversations_begun_after_it(world: &World) -> Result<()> {
        let (alice, bob) = (world.user("Alice").await?, world.user("Bob").await?);
        let phone = world.device("Bob").await?;
        phone.logs_in().await?;
        assert_eq!(phone.user()?, bob.user()?);
        phone.key_packages_are_there().await?;
        let talk = alice.opens("Bob").await?;
        alice.sends(talk, "to both of your devices").await?;
        for device in [&bob, &phone] {
            device.sees(talk, &[("Alice", "to both of your devices")]).await?;
        }
        phone.sends(talk, "from the phone").await?;
        for device in [&alice, &bob] {
            device.sees(talk, &[("Alice", "to both of your devices"), ("Bob", "from the phone")]).await?;
        }
        Ok(())
    }

    async fn online_is_shown_and_ends_with_a_pulled_cable(world: &World) -> Result<()> {
        let (alice, bob) = (world.user("Alice").await?, world.user("Bob").await?);
        let talk = alice.opens("Bob").await?;
        bob.finds_conversation_with("Alice").await?;
        bob.client()?.accept(talk)?;
        alice.sees_online("Bob", true).await?;
        bob.sees_online("Alice", true).await?;
        bob.kill();
        alice.sees_online("Bob", false).await?;
        bob.start(undertone_client_core::testing::Checkpoints::default()).await?;
        alice.sees_online("Bob", true).await?;
        world.proxy.pull_cable();
        // Each side finds out by its own deadline.
        alice.until("alice is offline", |client| {
            Ok((client.connection()?.state != ConnectionState::Online).then_some(()))
        }).await?;
        world.proxy.cut();
        world.proxy.restore();
        alice.client()?.wake();
        bob.client()?.wake();
        alice.sees_online("Bob", true).await
    }

    async fn what_is_written_offline_is_sent_in_order(world: &World) -> Result<()> {
        let (alice, bob) = (world.user("Alice").await?, world.user("Bob").await?);
        let talk = alice.opens("Bob").await?;
        bob.finds_conversation_with("Alice").await?;
        world.proxy.cut();
        let mut last = None;
        for number in 0..20 {
            last = Some(alice.writes(talk, &format!("line {number}")).await?);
        }
        assert!(alice.messages(talk)?.iter().all(|message| message.state == MessageStateView::Sending));
        world.proxy.restore();
        alice.client()?.wake();
        if let Some(last) = last {
            alice.client()?.wait_sent(last).await?;
        }
        let wanted: Vec<(&str, String)> = (0..20).map(|number| ("Alice", format!("line {number}"))).collect();
        let wanted: Vec<(&str, &str)> = wanted.iter().map(|(from, text)| (*from, text.as_str())).collect();
        bob.sees(talk, &wanted).await?;
        assert_eq!(bob.timeline(talk)?.len(), 20);
        Ok(())
    }

    async fn the_third_door_opens_once(world: &World) -> Result<()> {
        let token = world.setup_token().expect("a new server prints a token");
        let setup = |token: String| SetupRequest {
            token,
            server_name: "Harbour".to_owned(),
            registration: RegistrationPolicy::Invitation,
        };
        let eve = world.device("Eve").await?;
        let refused = eve.sets_up(setup("wrong".to_owned())).await.unwrap_err();
        assert_eq!(code(&refused), Some("setup_token_invalid"));
        let ada = world.device("Ada").await?;
        ada.sets_up(setup(token.clone())).await?;
        let info = ada.client()?.server_info().await?;
        assert_eq!((info.name.as_str(), info.registration, info.setup_open), ("Harbour", RegistrationPolicy::Invitation, false));
        assert!(eve.sets_up(setup(token)).await.is_err(), "the token is gone");
        assert_eq!(code(&eve.register().await.unwrap_err()), Some(ErrorCode::InvitationRequired.as_str()));
        let invitation = ada.client()?.create_invitation().await?.invitation;
        eve.register_invited(&invitation).await?;
        let mallory = world.device("Mallory").await?;
        assert_eq!(code(&mallory.register_invited(&invitation).await.unwrap_err()), Some("invitation_invalid"));
        Ok(())
    }

    async fn wrong_names_and_passwords_are_told_alike(world: &World) -> Result<()> {
        let _alice = world.user("Alice").await?;
        let stranger = world.device("Alice").await?;
        let wrong_password = stranger.logs_in_with("not her password at all").await.unwrap_err();
        let nobody = world.device("Nobody").await?;
        let wrong_name = nobody.logs_in_with("not her password at all").await.unwrap_err();
        assert_eq!(code(&wrong_password), Some("wrong_credentials"));
        assert_eq!(wrong_password.to_string(), wrong_name.to_string());
        stranger.logs_in().await?;
        assert_eq!(code(&world.user("aIice").await.err().expect("a look-alike")), Some("name_taken"));
        Ok(())
    }
}

/// The stable code of an error of the client.
fn code(error: &anyhow::Error) -> Option<&str> {
    error
        .downcast_ref::<undertone_client_core::ClientError>()
        .map(undertone_client_core::ClientError::code)
}
