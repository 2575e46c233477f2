//! Stories of people: what they tell of themselves, strangers who ask to be heard, and whom somebody
//! does not want to hear.

use super::world::{Device, Someone, World};
use crate::change::Change;
use crate::error::ClientError;
use crate::people::picture::tests::png;
use crate::view::{PresenceView, ProfileInput, Strangers};
use futures::{FutureExt, StreamExt};
use std::rc::Rc;
use undertone_wire::content::{Part, Profile};
use undertone_wire::{Bytes, ConversationId};

/// Ada has written to Ben, who did not know her.
struct Two {
    world: World,
    ada: Someone,
    ben: Someone,
    alice: Rc<Device>,
    bob: Rc<Device>,
    talk: ConversationId,
}

impl Two {
    fn new() -> Self {
        let mut world = World::new();
        let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
        let (alice, bob) = (world.device(&ada), world.device(&ben));
        let talk = world.run(alice.open(&ben));
        world.run(alice.send(talk, "hello"));
        world.settle(&[&alice, &bob]);
        Self {
            world,
            ada,
            ben,
            alice,
            bob,
            talk,
        }
    }

    /// And he has answered.
    fn acquainted() -> Self {
        let mut two = Self::new();
        two.world.run(two.bob.send(two.talk, "who is it"));
        two.settle();
        two
    }

    fn settle(&mut self) {
        self.world.settle(&[&self.alice, &self.bob]);
    }

    fn presence_of_bob(&self) -> PresenceView {
        let listed = self.alice.conversations();
        let talk = listed.iter().find(|view| view.conversation == self.talk);
        talk.unwrap().peer.as_ref().unwrap().presence
    }
}

fn called(name: &str) -> ProfileInput {
    ProfileInput {
        display_name: name.to_owned(),
        ..ProfileInput::default()
    }
}

#[test]
fn what_somebody_tells_of_themselves_is_shown_where_names_are() {
    let mut two = Two::acquainted();
    let input = ProfileInput {
        display_name: "  Ada\u{202e}\n Lovelace ".to_owned(),
        status: "at sea".to_owned(),
        pronouns: "she/her".to_owned(),
        picture: Some(Bytes(png(64, 64))),
        colour: Some(7),
    };
    let mut changes = two.bob.client().changes();
    two.alice.client().set_profile(input).unwrap();
    two.settle();
    let mut told = Vec::new();
    while let Some(Some(change)) = changes.next().now_or_never() {
        told.push(change);
    }
    assert!(told.contains(&Change::People), "{told:?}");
    let card = two.bob.client().profile_of(two.ada.user).unwrap();
    assert_eq!(
        (card.name.as_str(), card.user_name.as_str()),
        ("Ada Lovelace", "Ada")
    );
    assert_eq!(
        (card.status.as_str(), card.pronouns.as_str()),
        ("at sea", "she/her")
    );
    assert_eq!(
        (card.picture, card.identity_colour),
        (Some(Bytes(png(64, 64))), 7)
    );
    assert_eq!(card.direct, Some(two.talk));
    let listed = two.bob.conversations().remove(0);
    let peer = listed.peer.unwrap();
    assert_eq!(
        (listed.title.as_str(), peer.user_name.as_str()),
        ("Ada Lovelace", "Ada")
    );
    assert!(peer.has_picture && !peer.name_clash && listed.identity_colour == 7);
    let message = two.bob.messages(two.talk).remove(0);
    assert_eq!(message.sender_name, "Ada Lovelace");
    assert_eq!(
        (message.sender_user_name.as_str(), message.identity_colour),
        ("Ada", 7)
    );
    let members = two.bob.client().members(two.talk).unwrap();
    assert!(
        members
            .iter()
            .any(|member| member.name == "Ada Lovelace" && member.user_name == "Ada")
    );
    // Nobody is shown a message for it.
    assert_eq!(two.bob.texts(two.talk), ["hello", "who is it"]);

    two.alice.client().set_profile(ProfileInput::default()).unwrap();
    two.world.pass(25_000);
    two.settle();
    let card = two.bob.client().profile_of(two.ada.user).unwrap();
    assert_eq!((card.name.as_str(), card.picture), ("Ada", None));
}

#[test]
fn the_users_other_devices_and_newcomers_learn_it() {
    let mut two = Two::acquainted();
    two.alice.client().set_profile(called("The Countess")).unwrap();
    two.settle();
    let phone = two.world.device(&two.ada);
    two.world
        .run(async { two.alice.client().catch_up().await })
        .unwrap();
    let cleo = two.world.someone("Cleo");
    let carol = two.world.device(&cleo);
    let users = [two.ben.user, cleo.user];
    let group = two
        .world
        .run(two.alice.client().create_group("Tea", &users))
        .unwrap();
    two.world.settle(&[&two.alice, &two.bob, &carol, &phone]);
    two.world.pass(30_000);
    two.world.settle(&[&two.alice, &two.bob, &carol, &phone]);
    assert_eq!(
        carol.client().profile_of(two.ada.user).unwrap().name,
        "The Countess"
    );
    assert_eq!(phone.client().profile().unwrap().display_name, "The Countess");

    phone.client().set_profile(called("Ada L.")).unwrap();
    two.world.pass(30_000);
    two.world.settle(&[&two.alice, &two.bob, &carol, &phone]);
    assert_eq!(two.alice.client().profile().unwrap().display_name, "Ada L.");
    let members = carol.client().members(group).unwrap();
    assert!(members.iter().any(|member| member.name == "Ada L."));
}

#[test]
fn what_is_beyond_its_limits_is_refused_and_changes_nothing() {
    let mut two = Two::acquainted();
    let client = two.alice.client();
    client.set_profile(called("Ada")).unwrap();
    let picture = |bytes| ProfileInput {
        picture: Some(Bytes(bytes)),
        ..called("x")
    };
    let cases = [
        (called(&"x".repeat(97)), "display_name_too_long"),
        (picture(png(2048, 16)), "picture_invalid"),
        (picture(b"<svg/>".to_vec()), "picture_invalid"),
        (
            ProfileInput {
                colour: Some(12),
                ..called("x")
            },
            "colour_invalid",
        ),
        (
            ProfileInput {
                status: "x".repeat(281),
                ..called("x")
            },
            "status_too_long",
        ),
        (
            ProfileInput {
                pronouns: "x".repeat(49),
                ..called("x")
            },
            "pronouns_too_long",
        ),
    ];
    for (input, code) in cases {
        assert_eq!(client.set_profile(input).unwrap_err().code(), code);
    }
    assert_eq!(client.profile().unwrap().display_name, "Ada");

    // What a member sends whose client does not ask.
    let hostile = |display_name: String, picture, colour| {
        Part::Profile(Profile {
            display_name,
            picture,
            colour,
            ..Profile::default()
        })
    };
    two.settle();
    for part in [
        hostile("x".repeat(97), None, None),
        hostile("Eve".to_owned(), Some(Bytes(png(u32::MAX, 1))), None),
        hostile("Eve".to_owned(), None, Some(200)),
    ] {
        two.alice.say(two.talk, part);
    }
    two.world.run(two.alice.send(two.talk, "still here"));
    two.settle();
    assert_eq!(two.bob.client().profile_of(two.ada.user).unwrap().name, "Ada");
    assert_eq!(two.bob.texts(two.talk).last().unwrap(), "still here");
    assert!(two.bob.notices(two.talk).is_empty());
}

#[test]
fn a_name_that_looks_like_anothers_is_flagged() {
    let mut two = Two::acquainted();
    let eve = two.world.someone("Eve");
    let mallory = two.world.device(&eve);
    let users = [two.ben.user, eve.user];
    let group = two
        .world
        .run(two.alice.client().create_group("Tea", &users))
        .unwrap();
    two.world.settle(&[&two.alice, &two.bob, &mallory]);
    // A Cyrillic а, and a space that nobody sees.
    mallory.client().set_profile(called("Аdа\u{200b}")).unwrap();
    two.world.pass(10_000);
    two.world.run(mallory.send(group, "it is me, Ada"));
    two.world.settle(&[&two.alice, &two.bob, &mallory]);
    let members = two.bob.client().members(group).unwrap();
    let clashing: Vec<_> = members.iter().filter(|member| member.name_clash).collect();
    assert!(
        clashing.iter().any(|member| member.user_name == "Eve"),
        "{members:?}"
    );
    let lie = two.bob.messages(group).pop().unwrap();
    assert!(lie.sender_name_clash && lie.sender_user_name == "Eve");
    // Where the other one is not, there is nobody to be taken for.
    assert!(!two.bob.messages(two.talk)[0].hidden);
}

#[test]
fn a_room_of_many_does_not_speak_all_at_once() {
    let mut world = World::new();
    let people: Vec<_> = (0..8).map(|n| world.someone(&format!("Person{n}"))).collect();
    let devices: Vec<_> = people.iter().map(|person| world.device(person)).collect();
    let everybody: Vec<_> = devices.iter().collect();
    for (n, device) in devices.iter().enumerate() {
        device
            .client()
            .set_profile(called(&format!("Somebody {n}")))
            .unwrap();
    }
    let room = world
        .run(
            devices[0]
                .client()
                .create_room(crate::view::RoomOptions::default()),
        )
        .unwrap();
    world.settle(&everybody[..1]);
    let link = devices[0].client().room_link(room).unwrap().unwrap().link;
    for device in &devices[1..] {
        world.run(device.client().join_room(&link)).unwrap();
    }
    world.settle(&everybody);
    world.pass(60_000);
    world.settle(&everybody);
    for device in &devices {
        let members = device.client().members(room).unwrap();
        assert!(
            members.iter().all(|member| member.name.starts_with("Somebody")),
            "{members:?}"
        );
    }
    // Each told at most once for those who came first, and once for the rest.
    let sent = world.server.sent(room);
    assert!((8..=24).contains(&sent), "{sent}");
}

#[test]
fn a_stranger_learns_nothing_until_the_user_accepts() {
    let mut two = Two::new();
    let listed = two.bob.conversations().remove(0);
    assert!(listed.request && listed.unread == 1);
    assert_eq!(two.world.server.hidden(two.ben.user), [two.talk]);
    assert!(two.bob.client().notifications().unwrap().is_empty());
    assert_eq!(two.bob.client().badge().unwrap().messages, 0);
    two.bob.client().set_profile(called("Benjamin")).unwrap();
    two.bob.client().typing(two.talk).unwrap();
    two.bob.client().set_attention(false).unwrap();
    two.bob.client().mark_read(two.talk).unwrap();
    two.world.pass(60_000);
    assert!(
        two.world
            .server
            .signals()
            .iter()
            .all(|signal| signal.sender != two.bob.id)
    );
    assert_eq!(two.world.server.sent(two.talk), 1, "no receipt, no profile");
    assert_eq!(two.alice.client().profile_of(two.ben.user).unwrap().name, "Ben");

    two.bob.client().accept(two.talk).unwrap();
    two.settle();
    assert!(!two.bob.conversations()[0].request);
    assert!(two.world.server.hidden(two.ben.user).is_empty());
    assert_eq!(
        two.alice.client().profile_of(two.ben.user).unwrap().name,
        "Benjamin"
    );
    two.bob.client().typing(two.talk).unwrap();
    two.world.pass(100);
    assert_eq!(two.alice.conversations()[0].typing, ["Benjamin"]);
    // Whoever accepted has nothing more to accept or ignore.
    two.bob.client().accept(two.talk).unwrap();
    let refused = two.bob.client().ignore(two.talk, false).unwrap_err();
    assert_eq!(refused.code(), "no_request");
}

#[test]
fn to_write_is_to_accept_on_all_devices() {
    let mut two = Two::new();
    let tablet = two.world.device(&two.ben);
    two.world.run(two.bob.client().refresh_keys(two.talk)).unwrap();
    let other = two.world.someone("Cleo");
    let carol = two.world.device(&other);
    let talk = two.world.run(carol.open(&two.ben));
    two.world.run(carol.send(talk, "and me"));
    let all = [&two.alice, &two.bob, &carol, &tablet];
    two.world.settle(&all);
    let request = |device: &Device| {
        let listed = device.conversations().into_iter();
        listed
            .filter(|view| view.conversation == talk)
            .map(|view| view.request)
            .next()
    };
    assert_eq!((request(&two.bob), request(&tablet)), (Some(true), Some(true)));
    two.world.run(two.bob.send(talk, "come in"));
    two.world.settle(&all);
    assert_eq!((request(&two.bob), request(&tablet)), (Some(false), Some(false)));
    assert_eq!(request(&carol), Some(false), "whoever began it asked nobody");
}

#[test]
fn to_accept_in_silence_is_heard_by_the_users_other_devices() {
    let mut two = Two::new();
    let tablet = two.world.device(&two.ben);
    let other = two.world.someone("Cleo");
    let carol = two.world.device(&other);
    let talk = two.world.run(carol.open(&two.ben));
    let all = [&two.alice, &two.bob, &carol, &tablet];
    two.world.settle(&all);
    two.bob.client().accept(talk).unwrap();
    two.world.settle(&all);
    let listed = tablet.conversations();
    assert!(
        listed
            .iter()
            .any(|view| view.conversation == talk && !view.request)
    );
}

#[test]
fn what_is_ignored_is_gone_and_stays_away_until_the_user_asks() {
    let mut two = Two::new();
    two.bob.client().ignore(two.talk, false).unwrap();
    assert!(two.bob.conversations().is_empty());
    assert!(two.bob.texts(two.talk).is_empty());
    two.world.run(two.alice.send(two.talk, "are you there"));
    two.settle();
    assert!(two.bob.conversations().is_empty() && two.bob.texts(two.talk).is_empty());
    assert_eq!(two.world.server.hidden(two.ben.user), [two.talk]);
    assert!(two.bob.client().blocked().unwrap().is_empty());

    let again = two.world.run(two.bob.open(&two.ada));
    assert_eq!(again, two.talk);
    two.world.run(two.alice.send(two.talk, "now"));
    two.settle();
    assert_eq!(two.bob.texts(two.talk), ["now"]);
    assert!(!two.bob.conversations()[0].request);
}

#[test]
fn a_group_into_which_a_stranger_brings_the_user_is_a_request_too() {
    let mut world = World::new();
    let [ada, ben, cleo] = ["Ada", "Ben", "Cleo"].map(|name| world.someone(name));
    let (alice, bob, carol) = (world.device(&ada), world.device(&ben), world.device(&cleo));
    let all = [&alice, &bob, &carol];
    // Ben knows Cleo, and not Ada.
    let known = world.run(bob.open(&cleo));
    world.run(bob.send(known, "hello"));
    world.settle(&all);
    bob.client().set_profile(called("Benjamin")).unwrap();
    world.pass(30_000);
    world.settle(&all);
    let group = world
        .run(alice.client().create_group("Offers", &[ben.user, cleo.user]))
        .unwrap();
    world.settle(&all);
    world.run(alice.send(group, format!("<@{}> buy", ben.user).as_str()));
    world.settle(&all);
    let listed = |device: &Device| {
        let listed = device.conversations().into_iter();
        listed.clone().find(|view| view.conversation == group).unwrap()
    };
    assert!(listed(&bob).request && listed(&bob).unread == 1);
    assert_eq!(world.server.hidden(ben.user), [group]);
    assert!(bob.client().notifications().unwrap().is_empty());
    assert_eq!(bob.client().badge().unwrap().messages, 0);
    let sent = world.server.sent(group);
    bob.client().mark_read(group).unwrap();
    bob.client().typing(group).unwrap();
    world.pass(60_000);
    world.settle(&all);
    assert_eq!(world.server.sent(group), sent, "no receipt, no profile");
    assert!(
        world
            .server
            .signals()
            .iter()
            .all(|signal| signal.sender != bob.id)
    );
    assert_eq!(alice.client().profile_of(ben.user).unwrap().name, "Ben");
    // To be left, not to be put aside.
    assert_eq!(bob.client().ignore(group, false).unwrap_err().code(), "forbidden");

    bob.client().accept(group).unwrap();
    world.pass(30_000);
    world.settle(&all);
    assert!(!listed(&bob).request && world.server.hidden(ben.user).is_empty());
    assert_eq!(alice.client().profile_of(ben.user).unwrap().name, "Benjamin");
    bob.client().notifications().unwrap();
    world.run(alice.send(group, "now"));
    world.settle(&all);
    assert_eq!(bob.client().notifications().unwrap().len(), 1);
}

#[test]
fn a_group_of_somebody_whom_the_user_knows_is_no_request_and_one_that_was_left_asks_no_more() {
    let mut two = Two::acquainted();
    let users = [two.ben.user];
    let group = two.world.run(two.alice.client().create_group("Tea", &users));
    let group = group.unwrap();
    two.settle();
    let request = |two: &Two, group| {
        let listed = two.bob.conversations().into_iter();
        listed
            .filter(|view| view.conversation == group)
            .all(|view| view.request)
    };
    assert!(!request(&two, group), "Ben has accepted her");
    two.bob.client().block(two.ada.user, true).unwrap();
    let unwanted = two.world.run(two.alice.client().create_group("More", &users));
    let unwanted = unwanted.unwrap();
    two.settle();
    assert!(
        request(&two, unwanted),
        "whom he blocked he does not want to hear"
    );
    two.world.run(two.bob.client().leave(unwanted)).unwrap();
    two.settle();
    assert!(!request(&two, unwanted));
}

#[test]
fn whoever_takes_everybody_gets_no_requests() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    assert_eq!(bob.client().strangers().unwrap(), Strangers::Request);
    bob.client().set_strangers(Strangers::Directly).unwrap();
    world.restart(&bob);
    assert_eq!(bob.client().strangers().unwrap(), Strangers::Directly);
    world.run(alice.open(&ben));
    world.settle(&[&alice, &bob]);
    assert!(!bob.conversations()[0].request);
}

#[test]
fn whom_the_user_does_not_want_to_hear_is_not_heard_and_not_told() {
    let mut two = Two::acquainted();
    let group = two
        .world
        .run(two.alice.client().create_group("Tea", &[two.ben.user]))
        .unwrap();
    two.world.run(two.alice.send(group, "before"));
    two.settle();
    two.bob.client().mark_read(group).unwrap();
    two.bob.client().block(two.ada.user, true).unwrap();
    two.world.run(two.alice.send(group, "spam"));
    two.world.run(two.alice.send(two.talk, "spam"));
    two.alice.client().typing(group).unwrap();
    two.settle();
    let listed = two.bob.conversations();
    assert_eq!(listed.len(), 1, "their conversation is out of sight");
    assert_eq!((listed[0].unread, listed[0].last_text.as_deref()), (0, None));
    assert!(listed[0].typing.is_empty());
    let rows = two.bob.messages(group);
    assert!(rows.iter().any(|row| row.hidden && row.text.is_empty()));
    assert!(two.bob.client().notifications().unwrap().is_empty());
    assert_eq!(two.world.server.hidden(two.ben.user), [two.talk]);
    let signals = two.world.server.signals().len();
    two.bob.client().typing(group).unwrap();
    two.world.pass(100);
    assert_eq!(two.world.server.signals().len(), signals);
    let blocked = two.bob.client().blocked().unwrap();
    assert_eq!((blocked.len(), blocked[0].presence), (1, PresenceView::Unknown));

    two.bob.client().block(two.ada.user, false).unwrap();
    two.settle();
    assert_eq!(two.bob.texts(group), ["before", "spam"]);
    assert_eq!(two.bob.conversations().len(), 2);
    assert!(two.world.server.hidden(two.ben.user).is_empty());
    assert_ne!(two.presence_of_bob(), PresenceView::Unknown);
    for (user, code) in [
        (two.ben.user, "own_person"),
        (undertone_wire::UserId::from_bytes([9; 16]), "unknown_person"),
    ] {
        assert_eq!(two.bob.client().block(user, true).unwrap_err().code(), code);
    }
}

#[test]
fn nothing_of_people_is_left_after_signing_out() {
    let mut two = Two::acquainted();
    two.alice.client().set_profile(called("Ada Lovelace")).unwrap();
    two.settle();
    let client = two.bob.client();
    client.core().store.wipe().unwrap();
    let card = client.profile_of(two.ada.user);
    assert!(matches!(card, Err(ClientError::UnknownPerson)), "{card:?}");
    assert!(client.changes().next().now_or_never().is_none());
}
