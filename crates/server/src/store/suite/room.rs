//! Rooms: what a link opens, what becomes of it, and who waits at the door.

use super::conversation::NOW;
use super::{TestStore, device, on_both_databases, user};
use crate::auth::TokenHash;
use crate::store::commit::{Created, NewCommit, NewConversation, NewLink, NewMember, Suspect, Verdict};
use crate::store::conversation::Stored;
use crate::store::room::{Door, Knocked, NewKnock, NewSealedState, NoDoor, Visit};
use std::time::Duration;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::{GroupProfile, Role, RoomTerms};
use undertone_wire::limits::KNOCKS_MAX;
use undertone_wire::room::{Knock, RoomLink};
use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, Epoch, RoomId, Sequence, Timestamp};

on_both_databases!(
    only_the_links_token_opens_the_door,
    an_older_link_is_told_that_it_was_replaced,
    a_rotation_that_was_undone_opens_nothing,
    an_id_names_one_room,
    a_room_whose_time_is_over_is_closed_at_once,
    those_who_knock_wait_in_order,
    a_door_has_room_for_so_many,
    whoever_is_let_in_does_not_wait_any_more,
    only_the_current_link_says_what_stands_on_the_door,
    roles_are_those_of_the_profile,
);

/// When the rooms of tests are founded.
pub(crate) const FOUNDED: Timestamp = NOW;

/// The token of the link with this number.
pub(crate) fn token(number: u8) -> TokenHash {
    TokenHash::of_admission(&[number; 32])
}

/// The link with this number; numbers are also its room id.
pub(crate) fn link(number: u8) -> RoomLink {
    RoomLink {
        room: RoomId::from_bytes([number; 16]),
        admission_hash: Bytes(token(number).as_bytes().to_vec()),
        sealed_state: Bytes(vec![number, 0x5e]),
    }
}

pub(super) fn terms() -> RoomTerms {
    RoomTerms {
        rotation: 1,
        locked: false,
        knock: true,
        expires_at: None,
    }
}

/// The room of 1, who owns it, and 2, with the link of the same number.
pub(crate) fn new_room(number: u8, profile: GroupProfile) -> NewConversation {
    let member = |number: u8, role| NewMember {
        device: device(number),
        user: user(number),
        leaf: u32::from(number),
        role,
    };
    let commit = NewCommit {
        conversation: ConversationId::from_bytes([number; 16]),
        epoch: Epoch(0),
        sender: device(1),
        counter: Counter(1),
        payload: Bytes(vec![0xc1]),
        next_epoch: Epoch(1),
        public_state: vec![0x51],
        group_info: Bytes(vec![0x61]),
        profile: Some(profile),
        link: Some(NewLink {
            rotation: 1,
            link: link(number),
        }),
        welcome: None,
        added: vec![member(2, Role::Member)],
        removed: Vec::new(),
        joins: None,
        sent_at: NOW,
    };
    NewConversation {
        kind: ConversationKind::Room,
        peer: None,
        creator: member(1, Role::Owner),
        commit,
    }
}

/// A later commit of 1 that changes the profile.
pub(super) fn change(number: u8, counter: u64, profile: GroupProfile) -> NewCommit {
    NewCommit {
        epoch: Epoch(counter - 1),
        counter: Counter(counter),
        next_epoch: Epoch(counter),
        link: None,
        added: Vec::new(),
        ..new_room(number, profile).commit
    }
}

/// A stranger with the link of the room with this number.
pub(crate) fn visit(number: u8, now: Timestamp) -> Visit {
    Visit {
        room: RoomId::from_bytes([number; 16]),
        token: token(number),
        user: None,
        now,
    }
}

impl TestStore {
    /// Makes the room with this number.
    pub(super) async fn found(&self, number: u8, profile: GroupProfile) -> ConversationId {
        let created = self.create_conversation(new_room(number, profile)).await.unwrap();
        assert!(matches!(created, Created::New(_)), "{created:?}");
        ConversationId::from_bytes([number; 16])
    }

    pub(super) async fn come(&self, room: u8, with: u8) -> Result<Door, NoDoor> {
        let visit = Visit {
            room: RoomId::from_bytes([room; 16]),
            token: token(with),
            user: Some(user(2)),
            now: NOW,
        };
        self.door(visit).await.unwrap()
    }

    pub(super) async fn knock_as(&self, number: u8, room: ConversationId, minute: u64) -> Knocked {
        let new = NewKnock {
            conversation: room,
            knock: Knock {
                device: device(number),
                key_package: Bytes(vec![number]),
                knocked_at: NOW.plus(Duration::from_mins(minute)),
            },
        };
        self.knock(new).await.unwrap()
    }

    async fn waiting(&self, room: ConversationId) -> Vec<DeviceId> {
        let knocks = self.knocks(room).await.unwrap();
        knocks.into_iter().map(|knock| knock.device).collect()
    }

    /// Replaces the link of room 1 by the one with this number.
    async fn rotate(&self, counter: u64, to: u8) -> Sequence {
        let rotation = u32::try_from(counter).unwrap();
        let profile = room_with(|terms| terms.rotation = rotation);
        let commit = NewCommit {
            link: Some(NewLink {
                rotation,
                link: link(to),
            }),
            ..change(1, counter, profile)
        };
        let Stored::New(entry) = self.accept_commit(commit).await.unwrap().unwrap() else {
            panic!("it was there before")
        };
        entry.sequence
    }
}

/// The profile of a room of 1, with these terms.
pub(crate) fn room_with(change: impl FnOnce(&mut RoomTerms)) -> GroupProfile {
    let mut terms = terms();
    change(&mut terms);
    GroupProfile::room(user(1), terms)
}

async fn only_the_links_token_opens_the_door(store: TestStore) {
    let profile = room_with(|terms| terms.locked = true);
    let id = store.found(1, profile.clone()).await;
    let door = store.come(1, 1).await.unwrap();
    assert_eq!((door.conversation, door.people, door.is_member), (id, 2, true));
    assert_eq!((door.profile, door.terms.locked), (profile, true));
    assert_eq!(door.sealed_state, link(1).sealed_state);
    assert_eq!(store.come(1, 2).await.unwrap_err(), NoDoor::Unknown);
    assert_eq!(store.come(2, 2).await.unwrap_err(), NoDoor::Unknown);
    assert_eq!(store.admits(id, token(1)).await.unwrap(), Ok(()));
    assert_eq!(store.admits(id, token(2)).await.unwrap(), Err(NoDoor::Unknown));
    let other = ConversationId::from_bytes([2; 16]);
    assert_eq!(store.admits(other, token(1)).await.unwrap(), Err(NoDoor::Unknown));
    assert!(!store.door(visit(1, NOW)).await.unwrap().unwrap().is_member);
}

async fn an_older_link_is_told_that_it_was_replaced(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    store.rotate(2, 20).await;
    assert_eq!(store.come(1, 1).await.unwrap_err(), NoDoor::Replaced);
    assert_eq!(
        store.come(1, 20).await.unwrap_err(),
        NoDoor::Unknown,
        "a token of another link"
    );
    assert_eq!(store.admits(id, token(1)).await.unwrap(), Err(NoDoor::Replaced));
    assert_eq!(store.admits(id, token(20)).await.unwrap(), Ok(()));
    assert_eq!(store.come(20, 20).await.unwrap().conversation, id);
    store.rotate(3, 30).await;
    assert_eq!(store.come(1, 1).await.unwrap_err(), NoDoor::Replaced);
    assert_eq!(store.come(20, 20).await.unwrap_err(), NoDoor::Replaced);
    assert_eq!(store.come(30, 30).await.unwrap().conversation, id);
}

async fn a_rotation_that_was_undone_opens_nothing(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    let suspect = Suspect {
        conversation: id,
        sequence: store.rotate(2, 20).await,
    };
    let verdict = store.void_commit(suspect).await.unwrap();
    assert!(matches!(verdict, Verdict::Voided(_)), "{verdict:?}");
    assert_eq!(store.come(20, 20).await.unwrap_err(), NoDoor::Unknown);
    assert_eq!(store.admits(id, token(20)).await.unwrap(), Err(NoDoor::Unknown));
    let door = store.come(1, 1).await.unwrap();
    assert_eq!(
        door.sealed_state,
        link(1).sealed_state,
        "the old link is as it was"
    );
    // Another attempt brings another link for the same rotation.
    let profile = room_with(|terms| terms.rotation = 2);
    let again = NewCommit {
        epoch: Epoch(1),
        counter: Counter(3),
        next_epoch: Epoch(2),
        link: Some(NewLink {
            rotation: 2,
            link: link(21),
        }),
        ..change(1, 3, profile)
    };
    store.accept_commit(again).await.unwrap().unwrap();
    assert_eq!(store.come(21, 21).await.unwrap().conversation, id);
    assert_eq!(store.come(20, 20).await.unwrap_err(), NoDoor::Unknown);
    assert_eq!(store.come(1, 1).await.unwrap_err(), NoDoor::Replaced);
}

async fn an_id_names_one_room(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    let mut second = new_room(2, room_with(|_| ()));
    second.commit.link = Some(NewLink {
        rotation: 1,
        link: link(1),
    });
    let created = store.create_conversation(second).await;
    assert!(matches!(created, Ok(Created::IdTaken)), "{created:?}");
    assert_eq!(store.come(1, 1).await.unwrap().conversation, id);
    assert!(
        store.heads(device(1)).await.unwrap().len() == 1,
        "nothing of it was stored"
    );
}

async fn a_room_whose_time_is_over_is_closed_at_once(store: TestStore) {
    let ends = NOW.plus(Duration::from_millis(1));
    store
        .found(1, room_with(|terms| terms.expires_at = Some(ends)))
        .await;
    store.come(1, 1).await.unwrap();
    let late = |with| Visit {
        token: token(with),
        ..visit(1, ends)
    };
    assert_eq!(store.door(late(1)).await.unwrap().unwrap_err(), NoDoor::Closed);
    assert_eq!(
        store.door(late(2)).await.unwrap().unwrap_err(),
        NoDoor::Unknown,
        "strangers are not told that there was a room"
    );
}

async fn those_who_knock_wait_in_order(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    assert_eq!(store.knock_as(5, id, 1).await, Knocked::Waits);
    assert_eq!(store.knock_as(4, id, 2).await, Knocked::Waits);
    assert_eq!(store.knock_as(5, id, 3).await, Knocked::Waits);
    assert_eq!(
        store.waiting(id).await,
        [device(4), device(5)],
        "the later knock counts"
    );
    let knocks = store.knocks(id).await.unwrap();
    assert_eq!(knocks[0].key_package, Bytes(vec![4]));
    assert_eq!(knocks[0].knocked_at, NOW.plus(Duration::from_mins(2)));
    assert!(store.refuse_knock(id, device(4)).await.unwrap());
    assert!(!store.refuse_knock(id, device(4)).await.unwrap());
    assert_eq!(store.waiting(id).await, [device(5)]);
}

async fn a_door_has_room_for_so_many(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    let most = u8::try_from(KNOCKS_MAX).unwrap();
    for number in 0..most {
        assert_eq!(store.knock_as(100 + number, id, 0).await, Knocked::Waits);
    }
    assert_eq!(store.knock_as(99, id, 0).await, Knocked::TooMany);
    assert_eq!(
        store.knock_as(100, id, 1).await,
        Knocked::Waits,
        "it waits already"
    );
    assert_eq!(store.waiting(id).await.len(), KNOCKS_MAX);
}

async fn whoever_is_let_in_does_not_wait_any_more(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    assert_eq!(store.knock_as(2, id, 0).await, Knocked::IsMember);
    store.knock_as(5, id, 0).await;
    store.knock_as(6, id, 0).await;
    let commit = NewCommit {
        added: vec![NewMember {
            device: device(5),
            user: user(5),
            leaf: 3,
            role: Role::Member,
        }],
        ..change(1, 2, room_with(|_| ()))
    };
    store.accept_commit(commit).await.unwrap().unwrap();
    assert_eq!(store.waiting(id).await, [device(6)]);
}

async fn only_the_current_link_says_what_stands_on_the_door(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    let other = store.found(2, room_with(|_| ())).await;
    let replace = async |conversation, room| {
        let new = NewSealedState {
            conversation,
            room: RoomId::from_bytes([room; 16]),
            sealed_state: Bytes(vec![7; 40]),
        };
        store.replace_sealed_state(new).await.unwrap()
    };
    assert_eq!(replace(id, 1).await, Ok(()));
    assert_eq!(store.come(1, 1).await.unwrap().sealed_state, Bytes(vec![7; 40]));
    assert_eq!(
        replace(other, 1).await,
        Err(NoDoor::Unknown),
        "not this conversation's"
    );
    assert_eq!(replace(id, 9).await, Err(NoDoor::Unknown));
    store.rotate(2, 20).await;
    assert_eq!(replace(id, 1).await, Err(NoDoor::Replaced));
    assert_eq!(replace(id, 20).await, Ok(()));
    assert_eq!(store.come(2, 2).await.unwrap().sealed_state, link(2).sealed_state);
}

async fn roles_are_those_of_the_profile(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    let role = async |number| store.role_in(id, device(number)).await.unwrap();
    assert_eq!(
        [role(1).await, role(2).await, role(3).await],
        [Some(Role::Owner), Some(Role::Member), None]
    );
    assert_eq!(store.admins(id).await.unwrap(), [user(1)]);
    let mut profile = room_with(|_| ());
    profile.set_role(user(2), Role::Admin);
    store.accept_commit(change(1, 2, profile)).await.unwrap().unwrap();
    assert_eq!(role(2).await, Some(Role::Admin));
    let mut admins = store.admins(id).await.unwrap();
    admins.sort_unstable();
    assert_eq!(admins, [user(1), user(2)]);
}
