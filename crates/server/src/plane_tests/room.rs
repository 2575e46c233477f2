//! Rooms over HTTP: coming in by an external commit, in turn, and only through an open door.

use super::phone::Phone;
use super::stream::Line;
use super::{Server, code};
use crate::clock::ManualClock;
use rand::RngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use undertone_mls::{GroupChange, RoomPsk, identity_hash};
use undertone_wire::conversation::{Accepted, ConversationsResponse, JoinRequest, SubmitCommitRequest};
use undertone_wire::group::{Banned, GroupProfile, GroupResponse, RoomTerms};
use undertone_wire::room::RoomLink;
use undertone_wire::{Bytes, ConversationId, Counter, Epoch, ErrorBody, ErrorCode, RoomId, Sequence};
use zeroize::Zeroizing;

/// What the link's holders know.
pub(super) struct Key {
    pub(super) token: Bytes,
    pub(super) link: RoomLink,
    pub(super) psk: RoomPsk,
}

impl Key {
    pub(super) fn new(rotation: u32) -> Self {
        let mut token = vec![0; 32];
        OsRng.fill_bytes(&mut token);
        let mut room = [0; 16];
        OsRng.fill_bytes(&mut room);
        let link = RoomLink {
            room: RoomId::from_bytes(room),
            admission_hash: Bytes(Sha256::digest(&token).to_vec()),
            sealed_state: Bytes(vec![1, 2, 3]),
        };
        let psk = RoomPsk {
            rotation,
            secret: Zeroizing::new([7; 32]),
        };
        Self {
            token: Bytes(token),
            link,
            psk,
        }
    }
}

/// A guest's room, with nobody in it but its owner.
pub(super) struct Room {
    pub(super) server: Server,
    pub(super) clock: Arc<ManualClock>,
    pub(super) owner: Phone,
    pub(super) key: Key,
    pub(super) id: ConversationId,
}

pub(super) async fn room() -> Room {
    room_of(|_| ()).await
}

pub(super) async fn room_of(change: impl FnOnce(&mut GroupProfile)) -> Room {
    let (server, clock) = Server::start_still().await;
    let mut owner = server.guest("Brisk Magpie").await;
    let terms = RoomTerms {
        rotation: 1,
        locked: false,
        knock: false,
        expires_at: None,
    };
    let mut profile = GroupProfile::room(owner.user, terms);
    change(&mut profile);
    let key = Key::new(1);
    let mut request = owner.found_with(&profile, &[]);
    request.room = Some(key.link.clone());
    let _: Accepted = server
        .post(&owner, "/api/v1/conversations", &request)
        .await
        .unwrap();
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

impl Room {
    /// What somebody finds who has the link.
    pub(super) async fn look(&self, phone: &Phone) -> Result<GroupResponse, ErrorBody> {
        let caller = crate::delivery::Caller {
            user: phone.user,
            device: phone.device,
        };
        let found = self.server.state.delivery.material(caller, self.id).await;
        found.map_err(crate::delivery::DeliveryError::into_body)
    }

    pub(super) async fn join(&self, phone: &Phone, request: &JoinRequest) -> Result<Accepted, ErrorBody> {
        let path = format!("/api/v1/conversations/{}/join", request.conversation);
        self.server.post(phone, &path, request).await
    }

    /// Somebody comes in by the link.
    pub(super) async fn welcome(&mut self, name: &str) -> (Phone, Accepted) {
        let mut guest = self.server.guest(name).await;
        let request = self.come(&mut guest).await;
        let accepted = self.join(&guest, &request).await.unwrap();
        self.owner.apply(self.id, &request.commit.commit);
        (guest, accepted)
    }

    pub(super) async fn come(&self, phone: &mut Phone) -> JoinRequest {
        let found = self.look(phone).await.unwrap();
        JoinRequest {
            admission_token: Some(self.key.token.clone()),
            ..phone.come(&found, Some(&self.key.psk))
        }
    }

    pub(super) async fn submit(&self, request: &SubmitCommitRequest) -> Result<Accepted, ErrorBody> {
        self.owner.submit(&self.server, request).await
    }
}

#[tokio::test]
async fn a_guest_comes_into_a_guests_room_and_they_talk() {
    let mut room = room().await;
    let (mut guest, accepted) = room.welcome("Quiet Heron").await;
    assert_eq!((accepted.sequence, accepted.counter), (Sequence(2), Counter(1)));
    let heads: ConversationsResponse = room.server.get(&guest, "/api/v1/conversations").await.unwrap();
    let head = heads.conversations[0];
    assert_eq!(
        (head.cursor, head.first_kept, head.head, head.epoch),
        (Sequence(1), Sequence(2), Sequence(2), Epoch(2)),
        "its log begins with its own commit"
    );
    let hello = guest.write(room.id, "hello");
    assert_eq!(hello.counter, Counter(2));
    guest.send(&room.server, &hello).await.unwrap();
    assert_eq!(room.owner.read(room.id, &hello.message), "hello");
}

#[tokio::test]
async fn a_lost_answer_to_a_join_is_given_again() {
    let room = room().await;
    let mut guest = room.server.guest("Quiet Heron").await;
    let request = room.come(&mut guest).await;
    let accepted = room.join(&guest, &request).await.unwrap();
    assert_eq!(room.join(&guest, &request).await.unwrap(), accepted);
}

#[tokio::test]
async fn the_joining_device_hears_its_own_entry_and_what_comes_after() {
    let mut room = room().await;
    let mut guest = room.server.guest("Quiet Heron").await;
    let (mut line, greeting) = Line::connect(&room.server, &guest).await;
    assert!(greeting.heads.is_empty());
    let request = room.come(&mut guest).await;
    let accepted = room.join(&guest, &request).await.unwrap();
    let echo = line.hear_entry().await;
    assert_eq!((echo.sequence, echo.sender), (accepted.sequence, guest.device));
    room.owner.apply(room.id, &request.commit.commit);
    let hello = room.owner.write(room.id, "welcome");
    room.owner.send(&room.server, &hello).await.unwrap();
    assert_eq!(guest.read(room.id, &line.hear_entry().await.payload), "welcome");
}

#[tokio::test]
async fn without_the_token_nobody_comes_in_or_learns_anything() {
    let room = room().await;
    let mut guest = room.server.guest("Quiet Heron").await;
    let good = room.come(&mut guest).await;
    for token in [None, Some(Bytes::default()), Some(Bytes(vec![0; 32]))] {
        let bad = JoinRequest {
            admission_token: token,
            ..good.clone()
        };
        assert_eq!(code(room.join(&guest, &bad).await), ErrorCode::NotFound);
    }
    let path = format!("/api/v1/conversations/{}/group", room.id);
    let found: Result<GroupResponse, ErrorBody> = room.server.get(&guest, &path).await;
    assert_eq!(code(found), ErrorCode::NotFound);
    let elsewhere = JoinRequest {
        conversation: ConversationId::from_bytes([0; 16]),
        ..good.clone()
    };
    assert_eq!(code(room.join(&guest, &elsewhere).await), ErrorCode::NotFound);
    let another = room.server.guest("Loud Wren").await;
    assert_eq!(code(room.join(&another, &good).await), ErrorCode::JoinQueued);
    let gap = JoinRequest {
        commit: undertone_wire::conversation::CommitBundle {
            counter: Counter(2),
            ..good.commit.clone()
        },
        ..good.clone()
    };
    assert_eq!(code(room.join(&guest, &gap).await), ErrorCode::CounterConflict);
    let as_commit = SubmitCommitRequest {
        conversation: room.id,
        epoch: good.epoch,
        commit: good.commit.clone(),
        room: None,
    };
    let outcome = guest.submit(&room.server, &as_commit).await;
    assert_eq!(code(outcome), ErrorCode::NotFound);
    room.join(&guest, &good).await.unwrap();
}

#[tokio::test]
async fn an_external_commit_without_the_psk_is_refused() {
    let room = room().await;
    let mut guest = room.server.guest("Quiet Heron").await;
    let found = room.look(&guest).await.unwrap();
    let request = JoinRequest {
        admission_token: Some(room.key.token.clone()),
        ..guest.come(&found, None)
    };
    assert_eq!(code(room.join(&guest, &request).await), ErrorCode::CommitInvalid);
}

#[tokio::test]
async fn a_closed_door_says_why() {
    let terms = |change: fn(&mut RoomTerms)| {
        move |profile: &mut GroupProfile| profile.room.iter_mut().for_each(change)
    };
    let closed = async |room: Room, expected: ErrorCode| {
        let guest = room.server.guest("Quiet Heron").await;
        assert_eq!(code(room.look(&guest).await), expected);
    };
    closed(
        room_of(terms(|room| room.locked = true)).await,
        ErrorCode::RoomLocked,
    )
    .await;
    closed(
        room_of(terms(|room| room.knock = true)).await,
        ErrorCode::KnockRequired,
    )
    .await;
    closed(room_of(|profile| profile.capacity = 1).await, ErrorCode::RoomFull).await;
}

#[tokio::test]
async fn a_door_that_closed_meanwhile_is_closed() {
    let mut room = room().await;
    let mut guest = room.server.guest("Quiet Heron").await;
    let request = room.come(&mut guest).await;
    let locking = room.owner.agree(room.id, |profile| {
        profile.room.iter_mut().for_each(|room| room.locked = true);
    });
    room.submit(&locking).await.unwrap();
    assert_eq!(code(room.join(&guest, &request).await), ErrorCode::RoomLocked);
}

#[tokio::test]
async fn who_is_banned_does_not_come_back() {
    let mut room = room().await;
    let (guest, _) = room.welcome("Quiet Heron").await;
    let mut profile = room.owner.group(room.id).profile().clone();
    profile.ban(Banned {
        user: guest.user,
        identity: identity_hash(guest.body().identity_key.as_slice()),
    });
    let remove = [room.owner.leaf_of(room.id, guest.device)];
    let change = GroupChange {
        remove: &remove,
        profile: Some(profile),
        ..GroupChange::default()
    };
    let banning = room.owner.change(room.id, change);
    room.submit(&banning).await.unwrap();
    assert_eq!(guest.conversations(&room.server).await, 0);
    assert_eq!(code(room.look(&guest).await), ErrorCode::Banned);
}

#[tokio::test]
async fn joins_take_turns_and_nobody_holds_the_door_for_long() {
    let room = room().await;
    let mut first = room.server.guest("Quiet Heron").await;
    let mut second = room.server.guest("Loud Wren").await;
    let request = room.come(&mut first).await;
    let queued = room.look(&second).await.unwrap_err();
    assert_eq!(queued.code, ErrorCode::JoinQueued);
    assert!(queued.retry_after_ms.is_some());
    room.join(&first, &request).await.unwrap();
    let request = room.come(&mut second).await;
    let third = room.server.guest("Shy Robin").await;
    assert_eq!(code(room.look(&third).await), ErrorCode::JoinQueued);
    room.clock.advance(Duration::from_secs(3));
    room.look(&third).await.unwrap();
    assert_eq!(code(room.join(&second, &request).await), ErrorCode::JoinQueued);
}

#[tokio::test]
async fn a_device_comes_again_and_a_new_one_of_the_same_user_comes_too() {
    let (server, _) = Server::start_still().await;
    let mut alice = server.register("alice").await;
    let mut bob = server.register("bob").await;
    let packages = [bob.key_packages(1, false).remove(0).0];
    let request = alice.found_with(&GroupProfile::group(alice.user), &packages);
    let id = request.conversation;
    let _: Accepted = server
        .post(&alice, "/api/v1/conversations", &request)
        .await
        .unwrap();
    alice.merge(id);
    bob.join(&server.state.store.pending_welcomes(bob.device).await.unwrap()[0]);
    let message = bob.write(id, "before");
    bob.send(&server, &message).await.unwrap();
    let group = format!("/api/v1/conversations/{id}/group");
    let join = format!("/api/v1/conversations/{id}/join");

    let found: GroupResponse = server.get(&bob, &group).await.unwrap();
    let again = bob.come(&found, None);
    assert_eq!(again.commit.counter, Counter(2), "its counter goes on");
    let accepted: Accepted = server.post(&bob, &join, &again).await.unwrap();
    assert_eq!(accepted.sequence, Sequence(3));
    alice.apply(id, &again.commit.commit);
    let heads: ConversationsResponse = server.get(&bob, "/api/v1/conversations").await.unwrap();
    assert_eq!(heads.conversations[0].first_kept, Sequence(3));
    assert!(
        server
            .state
            .store
            .pending_welcomes(bob.device)
            .await
            .unwrap()
            .is_empty()
    );

    let mut laptop = server.register_second(&bob).await;
    assert_eq!(laptop.conversations(&server).await, 0);
    let of_user: ConversationsResponse = server
        .get(&laptop, "/api/v1/conversations?scope=user")
        .await
        .unwrap();
    assert_eq!(of_user.conversations[0].conversation, id);
    let found: GroupResponse = server.get(&laptop, &group).await.unwrap();
    let coming = laptop.come(&found, None);
    let _: Accepted = server.post(&laptop, &join, &coming).await.unwrap();
    for phone in [&mut alice, &mut bob] {
        phone.apply(id, &coming.commit.commit);
    }
    let hello = laptop.write(id, "both of me");
    laptop.send(&server, &hello).await.unwrap();
    for phone in [&mut alice, &mut bob] {
        assert_eq!(phone.read(id, &hello.message), "both of me");
    }
    let carol = server.register("carol").await;
    let found: Result<GroupResponse, ErrorBody> = server.get(&carol, &group).await;
    assert_eq!(code(found), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_rotation_brings_its_link_and_ends_the_one_before() {
    let mut room = room().await;
    let key = Key::new(2);
    let raise = |profile: &mut GroupProfile| {
        profile.room.iter_mut().for_each(|room| room.rotation += 1);
    };
    let without = room.owner.agree(room.id, raise);
    assert_eq!(code(room.submit(&without).await), ErrorCode::CommitInvalid);
    let with = SubmitCommitRequest {
        room: Some(key.link.clone()),
        ..without
    };
    room.submit(&with).await.unwrap();
    room.owner.merge(room.id);
    room.owner.keep_psk(room.id, &key.psk);
    room.clock.advance(Duration::from_secs(1));
    let for_nothing = SubmitCommitRequest {
        room: Some(Key::new(3).link),
        ..room.owner.update(room.id)
    };
    assert_eq!(code(room.submit(&for_nothing).await), ErrorCode::CommitInvalid);

    let mut guest = room.server.guest("Quiet Heron").await;
    let found = room.look(&guest).await.unwrap();
    let current = guest.come(&found, Some(&key.psk));
    let with = |token: &Bytes| JoinRequest {
        admission_token: Some(token.clone()),
        ..current.clone()
    };
    assert_eq!(
        code(room.join(&guest, &with(&room.key.token)).await),
        ErrorCode::LinkReplaced
    );
    room.join(&guest, &with(&key.token)).await.unwrap();
}

#[tokio::test]
async fn a_fresh_group_info_is_taken_only_when_one_is_wanted() {
    let mut room = room().await;
    // Of whom the present one is.
    drop(room.welcome("Loud Wren").await);
    let path = format!("/api/v1/conversations/{}/group-info", room.id);
    let put = async |phone: &Phone, group_info: Bytes| {
        let request = undertone_wire::group::ReplaceGroupInfoRequest { group_info };
        room.server.put(phone, &path, &request).await
    };
    let stranger = room.server.guest("Quiet Heron").await;
    let fresh = room.owner.group_info(room.id);
    assert_eq!(code(put(&stranger, fresh.clone()).await), ErrorCode::NotFound);
    let cut = Bytes(fresh.0[..fresh.len() / 2].to_vec());
    assert!(
        [ErrorCode::CommitInvalid, ErrorCode::GroupInfoInvalid].contains(&code(put(&room.owner, cut).await))
    );
    let large = Bytes(vec![0; 65 * 1024]);
    assert_eq!(code(put(&room.owner, large).await), ErrorCode::TooLarge);
    let before = room.look(&stranger).await.unwrap().group_info;
    put(&room.owner, fresh.clone()).await.unwrap();
    assert_eq!(
        room.look(&stranger).await.unwrap().group_info,
        before,
        "nobody asked"
    );
}

#[tokio::test]
async fn a_room_that_has_ended_takes_nobody_and_nothing() {
    let mut room = room_of(|profile| {
        let ends_at =
            crate::clock::Clock::now(&crate::clock::SystemClock::start()).plus(Duration::from_mins(5));
        profile
            .room
            .iter_mut()
            .for_each(|room| room.expires_at = Some(ends_at));
    })
    .await;
    let mut guest = room.server.guest("Quiet Heron").await;
    let request = room.come(&mut guest).await;
    room.clock.advance(Duration::from_mins(6));
    assert_eq!(code(room.look(&guest).await), ErrorCode::RoomClosed);
    assert_eq!(code(room.join(&guest, &request).await), ErrorCode::RoomClosed);
    let late = room.owner.write(room.id, "too late");
    assert_eq!(
        code(room.owner.send(&room.server, &late).await),
        ErrorCode::RoomClosed
    );
}
