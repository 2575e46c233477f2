//! Stories of what can be taken back: it is shown at once, waits, and is carried out by itself, whatever
//! happens to the client meanwhile; or it never happens.

use super::world::{Device, Someone, World};
use crate::conversation::intent::UNDO;
use crate::people::picture::tests::png;
use crate::view::{ConversationStateView, Intent, RoomOptions, StatePatch};
use futures::FutureExt;
use std::pin::pin;
use std::rc::Rc;
use undertone_wire::content::Expiry;
use undertone_wire::group::Role;
use undertone_wire::{Bytes, ConversationId};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Ada's room, with Ben and Cy.
struct Room {
    world: World,
    people: Vec<Someone>,
    devices: Vec<Rc<Device>>,
    id: ConversationId,
}

impl Room {
    fn new() -> Self {
        let mut world = World::new();
        let people: Vec<_> = ["Ada", "Ben", "Cy"].map(|name| world.someone(name)).into();
        let devices: Vec<_> = people.iter().map(|person| world.device(person)).collect();
        let ada = devices[0].client();
        let id = world.run(ada.create_room(RoomOptions::default())).unwrap();
        let link = ada.room_link(id).unwrap().unwrap().link;
        for device in &devices[1..] {
            world.run(device.client().join_room(&link)).unwrap();
        }
        let mut room = Self {
            world,
            people,
            devices,
            id,
        };
        room.settle();
        room
    }

    fn settle(&mut self) {
        let all: Vec<_> = self.devices.iter().collect();
        self.world.settle(&all);
    }

    /// The time in which something can be taken back passes.
    fn wait(&mut self) {
        self.world.pass(u64::try_from(UNDO.as_millis()).unwrap() + 1);
        self.settle();
    }

    fn roles(&self, of: usize) -> Vec<(String, Role)> {
        let members = self.devices[of].client().members(self.id).unwrap();
        members
            .into_iter()
            .map(|member| (member.name, member.role))
            .collect()
    }

    fn mute_ben(&self) -> Intent {
        Intent::SetRole {
            user: self.people[1].user,
            role: Role::ReadOnly,
        }
    }

    fn epoch(&self) -> Vec<u8> {
        self.devices[2].client().epoch_authenticator(self.id).unwrap()
    }
}

fn with(ben: Option<Role>) -> Vec<(String, Role)> {
    let mut roles = vec![("Ada".to_owned(), Role::Owner), ("Cy".to_owned(), Role::Member)];
    if let Some(role) = ben {
        let place = if role == Role::ReadOnly { 2 } else { 1 };
        roles.insert(place, ("Ben".to_owned(), role));
    }
    roles
}

#[test]
fn what_is_taken_back_in_time_was_shown_here_alone_and_never_happens() {
    let mut room = Room::new();
    let before = room.epoch();
    let ada = room.devices[0].client();
    let muted = ada.intend(room.id, room.mute_ben()).unwrap();
    let out = ada.intend(room.id, Intent::Remove(room.people[2].user)).unwrap();
    assert_eq!(
        room.roles(0),
        [
            ("Ada".to_owned(), Role::Owner),
            ("Ben".to_owned(), Role::ReadOnly)
        ]
    );
    room.world.pass(5000);
    assert_eq!(room.roles(1), with(Some(Role::Member)));
    for number in [muted.number, out.number] {
        assert!(ada.undo(number).unwrap());
        room.world.run(ada.fulfilled(number)).unwrap();
        assert!(!ada.undo(number).unwrap());
    }
    room.wait();
    for device in 0..3 {
        assert_eq!(room.roles(device), with(Some(Role::Member)));
    }
    assert_eq!(room.epoch(), before, "nothing was committed");
}

#[test]
fn what_is_not_taken_back_is_carried_out_by_itself() {
    let mut room = Room::new();
    let ada = room.devices[0].client();
    let link = ada.room_link(room.id).unwrap();
    let intended = ada.intend(room.id, Intent::Ban(room.people[1].user)).unwrap();
    assert_eq!(
        ada.room_link(room.id).unwrap(),
        None,
        "it is about to be replaced"
    );
    let mut fulfilled = pin!(ada.fulfilled(intended.number));
    room.world.pass(7000);
    assert!(fulfilled.as_mut().now_or_never().is_none());
    room.wait();
    room.world.run(fulfilled).unwrap();
    assert!(!ada.undo(intended.number).unwrap(), "that is too late");
    for device in [0, 2] {
        assert_eq!(room.roles(device), with(None));
    }
    assert_eq!(
        room.devices[1].conversations()[0].state,
        ConversationStateView::Removed
    );
    let banned = ada.banned(room.id).unwrap();
    assert_eq!((banned.len(), banned[0].name.as_deref()), (1, Some("Ben")));
    let next = ada.room_link(room.id).unwrap();
    assert!(next.is_some() && next != link);
}

#[test]
fn what_waits_when_the_client_is_closed_is_carried_out_at_the_next_start() {
    let mut room = Room::new();
    let ada = Rc::clone(&room.devices[0]);
    ada.client().intend(room.id, room.mute_ben()).unwrap();
    room.world.close_for(&ada, 60_000);
    room.settle();
    assert_eq!(room.roles(2), with(Some(Role::ReadOnly)));

    let free = Intent::SetRole {
        user: room.people[1].user,
        role: Role::Member,
    };
    ada.client().intend(room.id, free).unwrap();
    // Neither does a clock that is set back keep it for days.
    ada.platform.ahead_ms.set(-30 * DAY_MS);
    room.world.restart(&ada);
    room.settle();
    assert_eq!(room.roles(2), with(Some(Role::Member)));
}

#[test]
fn without_a_connection_it_waits_and_can_be_taken_back_for_as_long() {
    let mut room = Room::new();
    let ada = room.devices[0].client();
    room.devices[0].link.down.set(true);
    let muted = ada.intend(room.id, room.mute_ben()).unwrap();
    room.world.pass(60_000);
    assert!(ada.undo(muted.number).unwrap());
    let again = ada.intend(room.id, room.mute_ben()).unwrap();
    room.world.pass(60_000);
    room.settle();
    room.world.run(ada.fulfilled(again.number)).unwrap();
    assert_eq!(room.roles(2), with(Some(Role::ReadOnly)));
}

#[test]
fn a_timer_that_can_still_be_taken_back_counts_for_what_is_written_meanwhile() {
    let mut room = Room::new();
    let timer = Expiry::AfterSent(60);
    let picture = Bytes(png(64, 64));
    let patch = StatePatch {
        timer: Some(Some(timer)),
        picture: Some(Some(picture.clone())),
        title: Some("Tea".to_owned()),
        ..StatePatch::default()
    };
    let ada = room.devices[0].client();
    ada.intend(room.id, Intent::State(patch)).unwrap();
    let view = &room.devices[0].conversations()[0];
    assert_eq!((view.timer, view.title.as_str()), (Some(timer), "Tea"));
    let sent = room.world.run(room.devices[0].send(room.id, "gone soon"));
    assert_eq!(sent.expiry, Some(timer));
    assert_eq!(room.devices[1].conversations()[0].timer, None);
    room.wait();
    let view = &room.devices[1].conversations()[0];
    assert_eq!((view.timer, view.title.as_str()), (Some(timer), "Tea"));
    let link = ada.room_link(room.id).unwrap().unwrap().link;
    let door = room
        .world
        .run(room.devices[2].client().look_at_room(&link))
        .unwrap();
    assert_eq!((door.timer, door.title.as_str()), (Some(timer), "Tea"));
    assert_eq!(
        door.picture,
        Some(picture),
        "who stands before the door sees what is agreed on"
    );
}

#[test]
fn whoever_still_thinks_about_it_has_the_whole_time_again() {
    let mut room = Room::new();
    let ada = room.devices[0].client();
    let muted = ada.intend(room.id, room.mute_ben()).unwrap();
    for _ in 0..3 {
        room.world.pass(6000);
        assert!(ada.hold(muted.number).unwrap());
    }
    assert_eq!(room.roles(2), with(Some(Role::Member)));
    room.wait();
    assert_eq!(room.roles(2), with(Some(Role::ReadOnly)));
    assert!(!ada.hold(muted.number).unwrap());
}

#[test]
fn leaving_can_be_taken_back_too_and_the_last_owner_is_told_at_once() {
    let mut room = Room::new();
    let ada = room.devices[0].client();
    let refused = ada.intend(room.id, Intent::Leave).unwrap_err();
    assert_eq!(refused.code(), "last_owner");
    let ben = room.devices[1].client();
    let gone = ben.intend(room.id, Intent::Leave).unwrap();
    room.world.pass(3000);
    assert!(ben.undo(gone.number).unwrap());
    room.wait();
    assert_eq!(room.roles(2), with(Some(Role::Member)));
    ben.intend(room.id, Intent::Leave).unwrap();
    room.wait();
    assert_eq!(room.roles(2), with(None));
}

#[test]
fn whoever_may_no_longer_do_it_when_its_time_has_come_is_told() {
    let mut room = Room::new();
    let (ada, ben) = (room.devices[0].client(), room.devices[1].client());
    let (ben_user, cy) = (room.people[1].user, room.people[2].user);
    room.world
        .run(ada.set_role(room.id, ben_user, Role::Admin))
        .unwrap();
    room.settle();
    let removing = ben.intend(room.id, Intent::Remove(cy)).unwrap();
    let mut fulfilled = pin!(ben.fulfilled(removing.number).fuse());
    room.world
        .run(ada.set_role(room.id, ben_user, Role::Member))
        .unwrap();
    assert!(fulfilled.as_mut().now_or_never().is_none());
    room.wait();
    let refused = room.world.run(fulfilled).unwrap_err();
    assert_eq!(refused.code(), "forbidden");
    assert_eq!(room.roles(0), with(Some(Role::Member)));
}
