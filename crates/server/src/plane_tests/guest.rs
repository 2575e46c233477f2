//! Guests in conversations: what they may begin, how fast they may write, and what is left when they end.

use super::phone::Phone;
use super::room::{Key, Room, room};
use super::stream::Line;
use super::{Server, code};
use crate::job::retention::sweep_all;
use crate::store::sweep::Sweep;
use std::num::NonZeroU32;
use std::time::Duration;
use undertone_mls::GroupChange;
use undertone_wire::conversation::{Accepted, ConversationHead, CreateConversationRequest};
use undertone_wire::group::{GroupProfile, RoomTerms};
use undertone_wire::guest::UserKind;
use undertone_wire::room::EndedResponse;
use undertone_wire::stream::{ClientFrame, ServerFrame};
use undertone_wire::{ErrorBody, ErrorCode};

const CONVERSATIONS: &str = "/api/v1/conversations";
const DAY: Duration = Duration::from_hours(24);

fn terms() -> RoomTerms {
    RoomTerms {
        rotation: 1,
        locked: false,
        knock: false,
        expires_at: None,
    }
}

pub(super) fn found_room(phone: &mut Phone) -> (CreateConversationRequest, Key) {
    let key = Key::new(1);
    let mut request = phone.found_with(&GroupProfile::room(phone.user, terms()), &[]);
    request.room = Some(key.link.clone());
    (request, key)
}

pub(super) async fn create(
    server: &Server,
    phone: &Phone,
    request: &CreateConversationRequest,
) -> Result<Accepted, ErrorBody> {
    server.post(phone, CONVERSATIONS, request).await
}

/// A room of Ada's, who has an account.
async fn room_of_ada() -> Room {
    let (server, clock) = Server::start_still().await;
    let mut owner = server.register("ada").await;
    let (request, key) = found_room(&mut owner);
    create(&server, &owner, &request).await.unwrap();
    owner.merge(request.conversation);
    owner.keep_psk(request.conversation, &key.psk);
    Room {
        server,
        clock,
        owner,
        key,
        id: request.conversation,
    }
}

async fn heads(server: &Server, phone: &Phone) -> Vec<ConversationHead> {
    server.state.store.heads(phone.device).await.unwrap()
}

#[tokio::test]
async fn a_guest_begins_rooms_and_nothing_else() {
    let server = Server::start().await;
    let mut guest = server.guest("Brisk Magpie").await;
    let mut bob = server.register("bob").await;
    let packages = bob.key_packages(1, false).remove(0).0;
    let direct = guest.found(&[guest.user, bob.user], bob.user, std::slice::from_ref(&packages));
    assert_eq!(code(create(&server, &guest, &direct).await), ErrorCode::Forbidden);
    let group = guest.found_with(&GroupProfile::group(guest.user), &[packages]);
    assert_eq!(code(create(&server, &guest, &group).await), ErrorCode::Forbidden);
    let (room, _) = found_room(&mut guest);
    create(&server, &guest, &room).await.unwrap();
    assert_eq!(heads(&server, &guest).await.len(), 1);
    // An account begins a group as before.
    let group = bob.found_with(&GroupProfile::group(bob.user), &[]);
    create(&server, &bob, &group).await.unwrap();
}

#[tokio::test]
async fn a_guest_makes_so_many_rooms_an_hour() {
    let server = Server::start_with(|config| config.limit_scale = NonZeroU32::MIN).await;
    let mut guest = server.guest("Brisk Magpie").await;
    for _ in 0..3 {
        let (room, _) = found_room(&mut guest);
        create(&server, &guest, &room).await.unwrap();
    }
    let (room, _) = found_room(&mut guest);
    let refused = create(&server, &guest, &room).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RateLimited);
    let wait = Duration::from_millis(refused.retry_after_ms.unwrap());
    assert!(
        wait > Duration::from_mins(10) && wait <= Duration::from_mins(20),
        "{wait:?}"
    );
    let mut ada = server.register("ada").await;
    for _ in 0..4 {
        let (room, _) = found_room(&mut ada);
        create(&server, &ada, &room).await.unwrap();
    }
}

#[tokio::test]
async fn a_guest_writes_so_many_messages_a_minute_however_they_are_sent() {
    let server = Server::start_with(|config| config.limit_scale = NonZeroU32::MIN).await;
    let mut guest = server.guest("Brisk Magpie").await;
    let (room, _) = found_room(&mut guest);
    create(&server, &guest, &room).await.unwrap();
    guest.merge(room.conversation);
    // Repeating one message costs the client nothing and counts like any other.
    let message = guest.write(room.conversation, "hello");
    for _ in 0..5 {
        guest.send(&server, &message).await.unwrap();
    }
    let (mut line, _) = Line::connect(&server, &guest).await;
    let mut accepted = 0;
    let refused = loop {
        line.say(&ClientFrame::Send(message.clone())).await;
        match line.hear_news().await {
            ServerFrame::Refused(refused) => break refused,
            ServerFrame::Accepted(_) => accepted += 1,
            ServerFrame::Entry(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert!((5..20).contains(&accepted), "{accepted}");
    assert_eq!(refused.error.code, ErrorCode::RateLimited);
    assert!(refused.error.retry_after_ms.unwrap() <= 6_000);
    let by_http = guest.send(&server, &message).await.unwrap_err();
    assert_eq!(by_http.code, ErrorCode::RateLimited);
    let shown = server.state.store.person(guest.user).await.unwrap().unwrap();
    assert_eq!(shown.kind, UserKind::Guest);
}

#[tokio::test]
async fn a_guest_who_ends_is_cut_off_and_out_of_every_conversation() {
    let room = room().await;
    let (mut line, _) = Line::connect(&room.server, &room.owner).await;
    assert_eq!(heads(&room.server, &room.owner).await.len(), 1);
    room.clock.advance(DAY);
    let (store, bus) = (&room.server.state.store, room.server.state.delivery.bus());
    let now = crate::clock::Clock::now(&*room.clock);
    assert_eq!(crate::job::guests::end(store, bus, now).await.unwrap(), 1);
    assert_eq!(line.hear_end().await, ErrorCode::SessionRevoked);
    assert!(heads(&room.server, &room.owner).await.is_empty());
    // Nobody is left in the room, so it has ended.
    let swept = sweep_all(store, Sweep::at(now)).await.unwrap();
    assert_eq!(swept.rooms, 1);
}

#[tokio::test]
async fn the_leaf_of_a_guest_who_ended_is_removed_like_any_other() {
    let mut room = room_of_ada().await;
    let (guest, _) = room.welcome("Brisk Magpie").await;
    let leaf = room.owner.leaf_of(room.id, guest.device);
    let now = crate::clock::Clock::now(&*room.clock);
    let later = now.plus(DAY);
    let ended = room.server.state.store.end_guests(later).await.unwrap();
    assert_eq!(ended, [guest.device]);
    let swept = sweep_all(&room.server.state.store, Sweep::at(now)).await.unwrap();
    assert_eq!(swept.rooms, 0, "Ada is still there");
    let id = room.id;
    let path = format!("/api/v1/conversations/{id}/ended");
    let told: EndedResponse = room.server.get(&room.owner, &path).await.unwrap();
    assert_eq!(told.devices, [guest.device], "whom to put out");
    let asked = room.server.get::<EndedResponse>(&guest, &path).await;
    assert!(asked.is_err(), "they have ended");
    let hello = room.owner.write(id, "is anybody there?");
    room.owner.send(&room.server, &hello).await.unwrap();
    let change = GroupChange {
        remove: &[leaf],
        ..GroupChange::default()
    };
    let request = room.owner.change(id, change);
    room.owner.submit(&room.server, &request).await.unwrap();
    room.owner.merge(id);
    let (heron, _) = room.welcome("Calm Heron").await;
    let told: EndedResponse = room.server.get(&room.owner, &path).await.unwrap();
    assert_eq!(told.devices, []);
    let asked = room.server.get::<EndedResponse>(&heron, &path).await;
    assert_eq!(code(asked), ErrorCode::Forbidden);
    assert_eq!(heads(&room.server, &room.owner).await.len(), 1);
}
