//! Stories of rooms: in by a link or a code, the door, the next link; and what a server that lies, or a
//! member gone bad, cannot do.

use super::network::AtDoor;
use super::world::{Device, Someone, World};
use crate::conversation::room_secret::RoomSecret;
use crate::error::ClientError;
use crate::view::{ConversationStateView, RoomOptions, StatePatch, TermsPatch};
use futures::poll;
use std::pin::pin;
use std::rc::Rc;
use undertone_mls::{ExternalJoin, Group, MemoryKeyValue, MlsDevice, Provider, RoomPsk};
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::{CommitBundle, JoinRequest};
use undertone_wire::group::Role;
use undertone_wire::{Bytes, ConversationId, Counter, Epoch, Sequence};
use zeroize::Zeroizing;

/// Ada's room, and the link to it.
struct Room {
    world: World,
    people: Vec<Someone>,
    devices: Vec<Rc<Device>>,
    id: ConversationId,
}

impl Room {
    fn new(names: &[&str], knock: bool) -> Self {
        let mut world = World::new();
        let people: Vec<_> = names.iter().map(|name| world.someone(name)).collect();
        let devices: Vec<_> = people.iter().map(|person| world.device(person)).collect();
        let options = RoomOptions {
            title: "Tea".to_owned(),
            knock,
            ..RoomOptions::default()
        };
        let id = world.run(devices[0].client().create_room(options)).unwrap();
        let mut room = Self {
            world,
            people,
            devices,
            id,
        };
        room.settle();
        room
    }

    /// With everybody inside.
    fn full(names: &[&str]) -> Self {
        let mut room = Self::new(names, false);
        let link = room.link();
        for device in &room.devices[1..] {
            room.world.run(device.client().join_room(&link)).unwrap();
        }
        room.settle();
        room
    }

    fn settle(&mut self) {
        let all: Vec<_> = self.devices.iter().collect();
        self.world.settle(&all);
    }

    fn link(&self) -> String {
        self.devices[0].client().room_link(self.id).unwrap().unwrap().link
    }

    fn names(&self, of: usize) -> Vec<String> {
        let members = self.devices[of].client().members(self.id).unwrap();
        members.into_iter().map(|member| member.name).collect()
    }

    fn is_level(&self) {
        for device in &self.devices {
            assert_eq!(device.notices(self.id), [], "{}", device.id);
        }
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.unwrap_err().code().to_owned()
}

#[test]
fn whoever_has_the_link_sees_the_door_comes_in_and_talks() {
    let mut room = Room::new(&["Ada", "Ben"], false);
    let ben = room.devices[1].client();
    let link = room.link();
    let door = room.world.run(ben.look_at_room(&link)).unwrap();
    assert_eq!((door.title.as_str(), door.people, door.joined), ("Tea", 1, false));
    let joined = room.world.run(ben.join_room(&link)).unwrap();
    assert_eq!((joined.conversation, joined.waiting), (room.id, false));
    room.world.run(room.devices[1].send(room.id, "hello"));
    room.world.run(room.devices[0].send(room.id, "welcome"));
    room.settle();
    for device in &room.devices {
        assert_eq!(device.texts(room.id), ["hello", "welcome"]);
        assert_eq!(device.conversations()[0].title, "Tea");
    }
    room.is_level();
    assert_eq!(room.names(0), ["Ada", "Ben"]);
    let again = room.world.run(ben.join_room(&link)).unwrap();
    assert!(!again.waiting, "whoever is inside stays inside");
}

#[test]
fn a_code_is_as_good_as_the_link_and_a_member_passes_it_on() {
    let mut room = Room::new(&["Ada", "Ben", "Cy"], false);
    let by_ada = room.devices[0].client().room_link(room.id).unwrap().unwrap();
    let typed = by_ada.code.to_uppercase().replace('-', " ");
    room.world
        .run(room.devices[1].client().join_room(&typed))
        .unwrap();
    let by_ben = room.devices[1].client().room_link(room.id).unwrap().unwrap();
    assert_eq!(by_ben, by_ada);
    room.world
        .run(room.devices[2].client().join_room(&by_ben.link))
        .unwrap();
    room.settle();
    assert_eq!(room.names(1), ["Ada", "Ben", "Cy"]);
}

#[test]
fn a_wrong_link_and_a_mistyped_code_are_told_apart_and_change_nothing() {
    let mut room = Room::new(&["Ada", "Ben"], false);
    let ben = room.devices[1].client();
    let wrong = RoomSecret::random(&mut rand::rngs::OsRng);
    let wrong = wrong.code();
    assert_eq!(code(room.world.run(ben.join_room(&wrong))), "not_found");
    assert_eq!(code(room.world.run(ben.join_room("abcd-efgh"))), "link_malformed");
    assert!(room.devices[1].conversations().is_empty());
}

#[test]
fn several_who_come_at_the_same_moment_all_come_in() {
    let mut room = Room::new(&["Ada", "Ben", "Cy", "Dan", "Eve", "Fay"], false);
    let link = room.link();
    let clients: Vec<_> = room.devices[1..].iter().map(|device| device.client()).collect();
    let joins = clients.iter().map(|client| client.join_room(&link));
    let joined = room.world.run(futures::future::join_all(joins));
    assert!(joined.iter().all(Result::is_ok), "{joined:?}");
    room.world.run(room.devices[3].send(room.id, "all here"));
    room.settle();
    for device in &room.devices {
        assert_eq!(device.client().members(room.id).unwrap().len(), 6);
    }
    for device in &room.devices[..4] {
        assert_eq!(device.texts(room.id), ["all here"]);
    }
}

#[test]
fn a_bad_network_costs_nobody_their_place_in_the_queue() {
    let mut room = Room::new(&["Ada", "Ben", "Cy"], false);
    let link = room.link();
    let [ben, cy] = [&room.devices[1], &room.devices[2]];
    let queue = [
        AtDoor::Queued,
        AtDoor::Lost,
        AtDoor::Lost,
        AtDoor::Queued,
        AtDoor::Lost,
    ];
    ben.link.queue.borrow_mut().extend(queue);
    assert_eq!(
        room.world
            .run(ben.client().join_room(&link))
            .unwrap()
            .conversation,
        room.id
    );
    // Without an answer from the server there is no place to keep: it is said at once.
    cy.link.queue.borrow_mut().extend([AtDoor::Lost, AtDoor::Queued]);
    assert_eq!(code(room.world.run(cy.client().join_room(&link))), "unreachable");
    assert_eq!(cy.link.queue.borrow().len(), 1);
}

#[test]
fn nobody_comes_into_a_locked_room() {
    let mut room = Room::new(&["Ada", "Ben"], false);
    let link = room.link();
    let lock = |locked| TermsPatch {
        locked: Some(locked),
        ..TermsPatch::default()
    };
    let ada = room.devices[0].client();
    let ben = room.devices[1].client();
    room.world.run(ada.set_terms(room.id, lock(true))).unwrap();
    assert_eq!(code(room.world.run(ben.join_room(&link))), "room_locked");
    assert!(room.devices[1].conversations().is_empty());
    room.world.run(ada.set_terms(room.id, lock(false))).unwrap();
    room.world.run(ben.join_room(&link)).unwrap();
    room.settle();
    assert_eq!(room.names(0), ["Ada", "Ben"]);
}

#[test]
fn whoever_knocks_is_let_in_or_not_by_somebody_inside() {
    let mut room = Room::new(&["Ada", "Ben", "Cy"], true);
    let link = room.link();
    for device in &room.devices[1..] {
        assert!(room.world.run(device.client().join_room(&link)).unwrap().waiting);
        assert_eq!(device.conversations()[0].state, ConversationStateView::Waiting);
    }
    let ada = room.devices[0].client();
    let knocks = room.world.run(ada.knocks(room.id)).unwrap();
    let who: Vec<_> = knocks.iter().map(|knock| knock.name.as_str()).collect();
    assert_eq!(who, ["Ben", "Cy"]);
    room.world.run(ada.admit(room.id, room.devices[1].id)).unwrap();
    room.world
        .run(ada.refuse_knock(room.id, room.devices[2].id))
        .unwrap();
    room.settle();
    assert_eq!(room.names(1), ["Ada", "Ben"]);
    assert!(room.devices[2].conversations().is_empty(), "Cy waits no longer");
    assert_eq!(room.devices[1].conversations()[0].title, "Tea");
    assert_eq!(
        room.devices[1].client().room_link(room.id).unwrap().unwrap().link,
        link
    );
    assert_eq!(
        code(room.world.run(ada.admit(room.id, room.devices[2].id))),
        "not_found"
    );
    room.devices.pop();
    room.is_level();
}

#[test]
fn whoever_was_away_when_nobody_let_them_in_learns_it_at_the_next_connection() {
    let mut room = Room::new(&["Ada", "Ben", "Cy"], true);
    let link = room.link();
    for device in &room.devices[1..] {
        assert!(room.world.run(device.client().join_room(&link)).unwrap().waiting);
    }
    let ben = Rc::clone(&room.devices[1]);
    ben.link.down.set(true);
    ben.link.cut();
    let ada = room.devices[0].client();
    room.world.run(ada.refuse_knock(room.id, ben.id)).unwrap();
    room.world.pass(10_000);
    assert_eq!(ben.conversations()[0].state, ConversationStateView::Waiting);
    room.settle();
    assert!(ben.conversations().is_empty(), "Ben waits no longer");
    let cy = room.devices[2].conversations();
    assert_eq!(cy[0].state, ConversationStateView::Waiting, "nobody answered Cy");
}

#[test]
fn whoever_is_put_out_cannot_come_back_by_the_link_that_they_had() {
    let mut room = Room::full(&["Ada", "Ben", "Cy", "Dan"]);
    let old = room.link();
    let (ada, ben) = (room.devices[0].client(), room.devices[1].client());
    room.world
        .run(ada.remove_member(room.id, room.people[1].user))
        .unwrap();
    room.settle();
    assert!(!room.devices[1].conversations()[0].writable);
    assert_eq!(code(room.world.run(ben.join_room(&old))), "not_found");
    let new = room.link();
    assert_ne!(new, old);
    let by_cy = room.devices[2].client().room_link(room.id).unwrap().unwrap();
    assert_eq!(by_cy.link, new, "those who stayed have the new link");
    room.world.run(ben.join_room(&new)).unwrap();
    room.world.run(room.devices[2].send(room.id, "back"));
    room.settle();
    assert_eq!(room.names(3), ["Ada", "Ben", "Cy", "Dan"]);
    assert_eq!(room.devices[1].texts(room.id), ["back"]);
    room.is_level();
}

#[test]
fn whoever_is_banned_does_not_come_back_by_any_link() {
    let mut room = Room::full(&["Ada", "Ben", "Cy"]);
    let (ada, ben) = (room.devices[0].client(), room.devices[1].client());
    room.world
        .run(ada.ban_member(room.id, room.people[1].user))
        .unwrap();
    room.settle();
    let new = room.link();
    assert_eq!(code(room.world.run(ben.join_room(&new))), "banned");
    assert_eq!(room.names(2), ["Ada", "Cy"]);
}

#[test]
fn a_link_that_was_replaced_lets_nobody_in_and_the_next_does() {
    let mut room = Room::full(&["Ada", "Ben", "Cy"]);
    let dan = room.world.someone("Dan");
    room.devices.push(room.world.device(&dan));
    let old = room.link();
    let new = room
        .world
        .run(room.devices[0].client().rotate_link(room.id))
        .unwrap();
    assert_ne!(new.link, old);
    let client = room.devices[3].client();
    assert_eq!(code(room.world.run(client.join_room(&old))), "not_found");
    room.world.run(client.join_room(&new.link)).unwrap();
    room.world.run(room.devices[3].send(room.id, "by the new one"));
    room.settle();
    for device in &room.devices {
        assert_eq!(device.texts(room.id), ["by the new one"]);
    }
    room.is_level();
}

#[test]
fn whoever_is_brought_into_a_room_has_its_link_before_others_come_by_it() {
    let mut room = Room::full(&["Ada", "Ben"]);
    let (cy, dan) = (room.world.someone("Cy"), room.world.someone("Dan"));
    room.devices.push(room.world.device(&cy));
    room.devices.push(room.world.device(&dan));
    let ada = room.devices[0].client();
    room.world.run(ada.add_members(room.id, &[cy.user])).unwrap();
    let link = room.link();
    room.world.run(room.devices[3].client().join_room(&link)).unwrap();
    room.settle();
    assert_eq!(room.names(2), ["Ada", "Ben", "Cy", "Dan"]);
    let by_cy = room.devices[2].client().room_link(room.id).unwrap();
    assert_eq!(by_cy.map(|view| view.link), Some(link));
    assert!(!room.world.server.profile(room.id).room.unwrap().locked);
}

#[test]
fn what_is_agreed_on_in_a_room_stands_on_its_door() {
    let mut room = Room::full(&["Ada", "Ben"]);
    let cy = room.world.someone("Cy");
    room.devices.push(room.world.device(&cy));
    let patch = StatePatch {
        title: Some("\u{202e}Coffee".to_owned()),
        topic: Some("\u{2066}beans".to_owned()),
        ..StatePatch::default()
    };
    room.world
        .run(room.devices[0].client().set_state(room.id, patch))
        .unwrap();
    let link = room.link();
    let door = room
        .world
        .run(room.devices[2].client().look_at_room(&link))
        .unwrap();
    // Without what would turn the text around it.
    assert_eq!((door.title.as_str(), door.topic.as_str()), ("Coffee", "beans"));
    room.settle();
    assert_eq!(room.devices[1].conversations()[0].title, "Coffee");
}

/// A device of the server's own making, without the link's secret.
struct Ghost {
    provider: Provider<MemoryKeyValue>,
    device: MlsDevice,
    id: undertone_wire::DeviceId,
}

impl Ghost {
    fn new(room: &Room) -> Self {
        let person = room.world.someone("Ghost");
        let (id, device) = room.world.unknown_device(&person);
        Self {
            provider: Provider::new(MemoryKeyValue::default()),
            device,
            id,
        }
    }

    /// An external commit with a PSK of the right name and the given secret, or with none.
    fn join(&self, room: &Room, psk: Option<[u8; 32]>) -> Option<JoinRequest> {
        let material = room.world.server.group_as_server(room.id);
        let psk = psk.map(|secret| RoomPsk {
            rotation: 1,
            secret: Zeroizing::new(secret),
        });
        let seen = SeenEntry {
            sequence: Sequence(0),
            running_hash: Bytes::default(),
        };
        let join = ExternalJoin {
            group_info: material.group_info.as_slice(),
            ratchet_tree: material.ratchet_tree.as_slice(),
            psk: psk.as_ref(),
            seen: &seen,
        };
        let joined = Group::join_externally(&self.provider, &self.device, join).ok()?;
        let pending = joined.commit;
        Some(JoinRequest {
            conversation: room.id,
            epoch: Epoch(joined.group.epoch().0 - 1),
            commit: CommitBundle {
                counter: Counter(1),
                commit: pending.commit.into(),
                group_info: pending.group_info.into(),
                welcome: None,
            },
            admission_token: None,
        })
    }
}

#[test]
fn the_server_itself_cannot_come_in_without_the_secret() {
    let mut room = Room::full(&["Ada", "Ben", "Cy"]);
    let ghost = Ghost::new(&room);
    for (psk, taken) in [(None, false), (Some([9; 32]), true)] {
        let request = ghost.join(&room, psk).unwrap();
        assert_eq!(
            room.world.server.join(ghost.id, &request).is_ok(),
            taken,
            "the public checks see the name of the PSK and no more"
        );
        if !taken {
            // A server that does not check at all.
            room.world.server.force(ghost.id, &request);
        }
        room.settle();
        assert_eq!(room.names(0), ["Ada", "Ben", "Cy"], "refused by everybody");
        room.world.run(room.devices[1].send(room.id, "as before"));
        room.settle();
        for (index, _) in room.devices.iter().enumerate() {
            assert_eq!(room.names(index), ["Ada", "Ben", "Cy"]);
        }
    }
    for device in &room.devices {
        assert_eq!(device.texts(room.id), ["as before", "as before"]);
    }
}

#[test]
fn a_muted_member_is_muted_by_everybodys_rule() {
    let mut room = Room::full(&["Ada", "Ben"]);
    let ada = room.devices[0].client();
    let ben = room.people[1].user;
    room.world
        .run(ada.set_role(room.id, ben, Role::ReadOnly))
        .unwrap();
    room.settle();
    assert_eq!(room.devices[1].conversations()[0].role, Role::ReadOnly);
    assert!(!room.devices[1].conversations()[0].may.write);
}

#[test]
fn guests_may_have_the_same_name_and_are_different_people() {
    let mut room = Room::new(&["Ada"], false);
    let link = room.link();
    for _ in 0..2 {
        let guest = room.world.guest("Brisk Magpie");
        let device = room.world.device(&guest);
        room.world.run(device.client().join_room(&link)).unwrap();
        room.people.push(guest);
        room.devices.push(device);
    }
    room.world.run(room.devices[2].send(room.id, "which one am I"));
    room.settle();
    assert_eq!(room.names(1), ["Ada", "Brisk Magpie", "Brisk Magpie"]);
    let message = &room.devices[0].messages(room.id);
    let said = message.iter().find(|message| message.event.is_none()).unwrap();
    assert_eq!(said.sender, room.people[2].user);
    room.is_level();
}

#[test]
fn the_leaves_of_guests_who_ended_go_and_those_of_nobody_else() {
    let mut room = Room::full(&["Ada", "Ben", "Cy"]);
    let link = room.link();
    for name in ["Brisk Magpie", "Calm Heron", "Sly Fox"] {
        let guest = room.world.guest(name);
        let device = room.world.device(&guest);
        room.world.run(device.client().join_room(&link)).unwrap();
        room.people.push(guest);
        room.devices.push(device);
    }
    let ada = room.devices[0].client();
    for admin in [1, 3] {
        let user = room.people[admin].user;
        room.world.run(ada.set_role(room.id, user, Role::Admin)).unwrap();
    }
    // Whoever holds it holds the store.
    drop(ada);
    room.settle();
    let before = room.world.server.epoch(room.id).0;
    // Cy has an account, the magpie a say: that they have ended is no more than somebody's word.
    for ended in [2, 3, 4] {
        room.world.server.end(room.devices[ended].id);
    }
    for device in &room.devices {
        room.world.restart(device);
    }
    room.world.pass(15_000);
    room.settle();
    assert_eq!(room.names(0), ["Ada", "Ben", "Brisk Magpie", "Cy", "Sly Fox"]);
    assert_eq!(
        room.world.server.epoch(room.id).0,
        before + 1,
        "one of them did it"
    );
    assert_eq!(room.link(), link, "it is as good as before");
}

#[test]
fn whoever_is_banned_opens_the_client_again_and_is_told_so_at_the_door() {
    let mut room = Room::new(&["Ada"], false);
    let guest = room.world.guest("Brisk Magpie");
    let device = room.world.device(&guest);
    room.people.push(guest);
    room.devices.push(device);
    let ada = room.devices[0].client();
    let user = room.people[1].user;
    let link = room.link();
    room.world.run(room.devices[1].client().join_room(&link)).unwrap();
    room.world
        .run(ada.set_role(room.id, user, Role::ReadOnly))
        .unwrap();
    room.world.run(ada.set_role(room.id, user, Role::Member)).unwrap();
    room.world.run(room.devices[1].send(room.id, "here"));
    room.world.run(ada.remove_member(room.id, user)).unwrap();
    let link = room.link();
    room.world.run(room.devices[1].client().join_room(&link)).unwrap();
    room.world.run(room.devices[1].send(room.id, "here again"));
    room.world.run(ada.ban_member(room.id, user)).unwrap();
    room.settle();
    room.world.restart(&room.devices[1]);
    let link = room.link();
    let client = room.devices[1].client();
    assert!(!room.world.run(client.look_at_room(&link)).unwrap().joined);
    assert_eq!(code(room.world.run(client.join_room(&link))), "banned");
    assert_eq!(
        client.conversations().unwrap()[0].state,
        ConversationStateView::Removed
    );
    assert_eq!(room.devices[1].texts(room.id), ["here", "here again"]);
}

#[test]
fn a_link_that_is_about_to_be_replaced_is_not_handed_out() {
    let mut room = Room::full(&["Ada", "Ben", "Cy"]);
    let ada = room.devices[0].client();
    let old = room.link();
    room.devices[0].link.down.set(true);
    let (id, ben) = (room.id, room.people[1].user);
    let mut removing = pin!(ada.remove_member(id, ben));
    assert!(room.world.run(async { poll!(&mut removing) }).is_pending());
    assert_eq!(ada.room_link(id).unwrap(), None, "it would be void in a moment");
    room.devices[0].link.down.set(false);
    room.world.run(removing).unwrap();
    room.settle();
    let new = room.link();
    assert_ne!(new, old);
    assert!(
        room.world.run(ada.look_at_room(&old)).is_err(),
        "the old one leads nowhere"
    );
    room.world.run(ada.look_at_room(&new)).unwrap();
}
