//! The door of a room over HTTP and the stream: looking, entering, knocking, what stands on it, and what
//! is said in passing by those inside.

use super::group::trio;
use super::phone::Phone;
use super::room::{Key, Room, room, room_of};
use super::stream::Line;
use super::{Server, code};
use std::num::NonZeroU32;
use std::time::Duration;
use undertone_mls::GroupChange;
use undertone_wire::conversation::{Accepted, SubmitCommitRequest};
use undertone_wire::group::{GroupProfile, GroupResponse};
use undertone_wire::limits::{RETENTION_CEILING, SEALED_STATE_BYTES_MAX, SIGNAL_BYTES};
use undertone_wire::room::{KnockRequest, KnocksResponse, ReplaceSealedStateRequest, RoomDoor, RoomRequest};
use undertone_wire::signal::SealedSignal;
use undertone_wire::stream::{ClientFrame, ServerFrame};
use undertone_wire::{Bytes, ErrorBody, ErrorCode, RoomId};

fn shown(key: &Key) -> RoomRequest {
    RoomRequest {
        room: key.link.room,
        admission_token: key.token.clone(),
    }
}

impl Room {
    async fn look_at(&self, request: &RoomRequest) -> Result<RoomDoor, ErrorBody> {
        self.server.post(&self.owner, "/api/v1/rooms/look", request).await
    }

    async fn enter(&self, phone: &Phone, key: &Key) -> Result<GroupResponse, ErrorBody> {
        self.server.post(phone, "/api/v1/rooms/enter", &shown(key)).await
    }

    async fn knock(&self, phone: &Phone, key_package: Bytes) -> Result<(), ErrorBody> {
        let request = KnockRequest {
            room: self.key.link.room,
            admission_token: self.key.token.clone(),
            key_package,
        };
        self.server.post(phone, "/api/v1/rooms/knock", &request).await
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/conversations/{}/{rest}", self.id)
    }

    async fn knocks(&self, phone: &Phone) -> Result<KnocksResponse, ErrorBody> {
        self.server.get(phone, &self.path("knocks")).await
    }

    /// The owner changes the profile.
    fn agree(&mut self, change: impl FnOnce(&mut GroupProfile)) -> SubmitCommitRequest {
        let mut profile = self.owner.group(self.id).profile().clone();
        change(&mut profile);
        let change = GroupChange {
            profile: Some(profile),
            ..GroupChange::default()
        };
        self.clock.advance(Duration::from_secs(1));
        self.owner.change(self.id, change)
    }
}

#[tokio::test]
async fn what_stands_on_the_door_is_what_holds_inside() {
    let room = room_of(|profile| {
        profile.capacity = 7;
        profile.slow_mode_seconds = 30;
        profile.retention_seconds = Some(3600);
    })
    .await;
    let door = room.look_at(&shown(&room.key)).await.unwrap();
    let expected = RoomDoor {
        conversation: room.id,
        sealed_state: room.key.link.sealed_state.clone(),
        people: 1,
        capacity: 7,
        locked: false,
        knock: false,
        slow_mode_seconds: 30,
        retention_seconds: 3600,
        expires_at: None,
    };
    assert_eq!(door, expected);
    let door = super::room::room().await;
    let door = door.look_at(&shown(&door.key)).await.unwrap();
    assert_eq!(u64::from(door.retention_seconds), RETENTION_CEILING.as_secs());
}

#[tokio::test]
async fn a_wrong_token_and_a_room_that_is_none_are_one_answer() {
    let room = room().await;
    let guest = room.server.guest("Wary Heron").await;
    let right = shown(&room.key);
    let wrong_token = RoomRequest {
        admission_token: Key::new(1).token,
        ..right.clone()
    };
    let short_token = RoomRequest {
        admission_token: Bytes::default(),
        ..right.clone()
    };
    let no_room = RoomRequest {
        room: RoomId::from_bytes([9; 16]),
        ..right.clone()
    };
    for call in ["look", "enter"] {
        let path = format!("/api/v1/rooms/{call}");
        let mut answers = Vec::new();
        for request in [&wrong_token, &short_token, &no_room] {
            let refused = room
                .server
                .post::<serde_json::Value>(&guest, &path, request)
                .await;
            answers.push(refused.unwrap_err());
        }
        assert_eq!(answers[0].code, ErrorCode::NotFound);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    room.look_at(&right).await.unwrap();
    assert_eq!(room.enter(&guest, &room.key).await.unwrap().conversation, room.id);
}

#[tokio::test]
async fn guessing_is_limited_for_each_network() {
    let server = Server::start_with(|config| config.limit_scale = NonZeroU32::MIN).await;
    let alice = server.register("alice").await;
    let request = shown(&Key::new(1));
    let mut refused = Vec::new();
    for _ in 0..130 {
        let looked = server.post::<RoomDoor>(&alice, "/api/v1/rooms/look", &request);
        refused.push(looked.await.unwrap_err());
    }
    assert!(
        refused[..100]
            .iter()
            .all(|error| error.code == ErrorCode::NotFound)
    );
    let limited = refused
        .iter()
        .filter(|error| error.code == ErrorCode::RateLimited);
    assert!(limited.clone().count() > 10);
    assert!(limited.into_iter().all(|error| error.retry_after_ms.is_some()));
}

#[tokio::test]
async fn a_replaced_link_says_so_to_its_holders_alone() {
    let mut room = room().await;
    let new = Key::new(2);
    let mut rotation = room.agree(|profile| profile.room.as_mut().unwrap().rotation = 2);
    rotation.room = Some(new.link.clone());
    let _: Accepted = room.owner.submit(&room.server, &rotation).await.unwrap();
    let guest = room.server.guest("Late Wren").await;
    assert_eq!(
        code(room.look_at(&shown(&room.key)).await),
        ErrorCode::LinkReplaced
    );
    assert_eq!(code(room.enter(&guest, &room.key).await), ErrorCode::LinkReplaced);
    let crossed = RoomRequest {
        admission_token: new.token.clone(),
        ..shown(&room.key)
    };
    assert_eq!(code(room.look_at(&crossed).await), ErrorCode::NotFound);
    room.look_at(&shown(&new)).await.unwrap();
    room.enter(&guest, &new).await.unwrap();
}

#[tokio::test]
async fn somebody_knocks_and_is_let_in() {
    let mut room = room_of(|profile| profile.room.as_mut().unwrap().knock = true).await;
    let (mut inside, _) = Line::connect(&room.server, &room.owner).await;
    let mut guest = room.server.guest("Shy Robin").await;
    assert_eq!(
        code(room.enter(&guest, &room.key).await),
        ErrorCode::KnockRequired
    );
    assert!(room.knocks(&room.owner).await.unwrap().knocks.is_empty());
    assert_eq!(code(room.knocks(&guest).await), ErrorCode::NotFound);

    let package = guest.key_packages(1, false).remove(0);
    room.knock(&guest, package.clone()).await.unwrap();
    assert_eq!(inside.hear_news().await, ServerFrame::Knock(room.id));
    let waiting = room.knocks(&room.owner).await.unwrap().knocks;
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (waiting[0].device, &waiting[0].key_package),
        (guest.device, &package)
    );

    let commit = room.owner.commit(room.id, &[package.0]);
    let _: Accepted = room.owner.submit(&room.server, &commit).await.unwrap();
    room.owner.merge(room.id);
    let welcome = room
        .server
        .state
        .store
        .pending_welcomes(guest.device)
        .await
        .unwrap();
    guest.join(&welcome[0]);
    assert!(room.knocks(&room.owner).await.unwrap().knocks.is_empty());
    assert_eq!(
        code(room.knocks(&guest).await),
        ErrorCode::Forbidden,
        "a member is no admin"
    );
    let again = guest.key_packages(1, false).remove(0);
    assert_eq!(code(room.knock(&guest, again).await), ErrorCode::BadRequest);
}

#[tokio::test]
async fn somebody_knocks_and_is_refused() {
    let room = room_of(|profile| profile.room.as_mut().unwrap().knock = true).await;
    let guest = room.server.guest("Loud Crow").await;
    let (mut outside, _) = Line::connect(&room.server, &guest).await;
    room.knock(&guest, guest.key_packages(1, false).remove(0))
        .await
        .unwrap();
    let path = room.path(&format!("knocks/{}", guest.device));
    assert_eq!(code(room.server.delete(&guest, &path).await), ErrorCode::NotFound);
    let stand = room.path("knock");
    let _: () = room.server.get(&guest, &stand).await.unwrap();
    room.server.delete(&room.owner, &path).await.unwrap();
    assert_eq!(outside.hear_news().await, ServerFrame::KnockRefused(room.id));
    let gone: Result<(), _> = room.server.get(&guest, &stand).await;
    assert_eq!(code(gone), ErrorCode::NotFound, "who was away learns it, too");
    let _: () = room.server.get(&room.owner, &stand).await.unwrap();
    assert_eq!(
        code(room.server.delete(&room.owner, &path).await),
        ErrorCode::NotFound
    );
    assert!(room.knocks(&room.owner).await.unwrap().knocks.is_empty());
}

#[tokio::test]
async fn a_knock_needs_an_own_key_package_and_a_door_to_knock_at() {
    let mut room = room_of(|profile| profile.room.as_mut().unwrap().knock = true).await;
    let [guest, other] = [
        room.server.guest("Quick Finch").await,
        room.server.guest("Slow Finch").await,
    ];
    for bad in [
        other.key_packages(1, false).remove(0),
        guest.key_packages(1, true).remove(0),
        Bytes(vec![7; 100]),
        Bytes::default(),
    ] {
        assert_eq!(code(room.knock(&guest, bad).await), ErrorCode::KeyPackageInvalid);
    }
    assert_eq!(
        code(room.knock(&guest, Bytes(vec![0; 9000])).await),
        ErrorCode::TooLarge
    );
    assert!(room.knocks(&room.owner).await.unwrap().knocks.is_empty());

    let package = || guest.key_packages(1, false).remove(0);
    for (locked, knock, why) in [
        (true, true, ErrorCode::RoomLocked),
        (false, false, ErrorCode::BadRequest),
    ] {
        let terms = room.agree(|profile| {
            let room = profile.room.as_mut().unwrap();
            (room.locked, room.knock) = (locked, knock);
        });
        let _: Accepted = room.owner.submit(&room.server, &terms).await.unwrap();
        room.owner.merge(room.id);
        assert_eq!(code(room.knock(&guest, package()).await), why);
    }
}

#[tokio::test]
async fn admins_say_what_stands_on_the_door() {
    let mut room = room().await;
    let (guest, _) = room.welcome("Plain Gull").await;
    let stranger = room.server.guest("Strange Gull").await;
    let path = room.path("sealed-state");
    let request = |size| ReplaceSealedStateRequest {
        room: room.key.link.room,
        sealed_state: Bytes(vec![5; size]),
    };
    let put = async |phone, request| room.server.put(phone, &path, &request).await;
    put(&room.owner, request(50)).await.unwrap();
    assert_eq!(
        room.look_at(&shown(&room.key)).await.unwrap().sealed_state,
        request(50).sealed_state
    );
    assert_eq!(code(put(&guest, request(60)).await), ErrorCode::Forbidden);
    assert_eq!(code(put(&stranger, request(60)).await), ErrorCode::NotFound);
    assert_eq!(code(put(&room.owner, request(0)).await), ErrorCode::BadRequest);
    let large = request(SEALED_STATE_BYTES_MAX + 1);
    assert_eq!(code(put(&room.owner, large).await), ErrorCode::TooLarge);
    let elsewhere = ReplaceSealedStateRequest {
        room: RoomId::from_bytes([3; 16]),
        ..request(60)
    };
    assert_eq!(code(put(&room.owner, elsewhere).await), ErrorCode::NotFound);
    assert_eq!(
        room.look_at(&shown(&room.key)).await.unwrap().sealed_state,
        request(50).sealed_state
    );
}

#[tokio::test]
async fn signals_pass_between_those_inside_and_are_never_stored() {
    let room = trio().await;
    let (mut hers, _) = Line::connect(&room.server, &room.alice).await;
    let (mut his, _) = Line::connect(&room.server, &room.bob).await;
    while !matches!(his.hear_news().await, ServerFrame::Welcome(_)) {}
    let signal = SealedSignal {
        conversation: room.id,
        epoch: undertone_wire::Epoch(12345),
        sender: room.carol.device,
        sealed: Bytes(vec![8; SIGNAL_BYTES]),
    };
    let before = room.server.state.store.heads(room.alice.device).await.unwrap();
    hers.say(&ClientFrame::Signal(signal.clone())).await;
    let relayed = SealedSignal {
        sender: room.alice.device,
        ..signal.clone()
    };
    assert_eq!(
        his.hear_news().await,
        ServerFrame::Signal(relayed),
        "with its true sender"
    );
    let elsewhere = SealedSignal {
        conversation: undertone_wire::ConversationId::from_bytes([1; 16]),
        ..signal.clone()
    };
    hers.say(&ClientFrame::Signal(elsewhere)).await;
    hers.say(&ClientFrame::Ping).await;
    assert_eq!(
        hers.hear_news().await,
        ServerFrame::Pong,
        "nothing is said about it"
    );
    let after = room.server.state.store.heads(room.alice.device).await.unwrap();
    assert_eq!(after, before);
    let odd = SealedSignal {
        sealed: Bytes(vec![8; SIGNAL_BYTES + 1]),
        ..signal
    };
    hers.say(&ClientFrame::Signal(odd)).await;
    assert_eq!(hers.hear_end().await, ErrorCode::BadRequest);
    his.say(&ClientFrame::Ping).await;
    assert_eq!(his.hear_news().await, ServerFrame::Pong, "nobody else got it");
}
