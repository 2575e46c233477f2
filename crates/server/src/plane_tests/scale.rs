//! Many devices: a room as large as rooms get, and many who want to change a group at once.

use super::phone::Phone;
use super::room::{Room, room_of};
use super::{Server, code};
use futures::future::join_all;
use std::time::Duration;
use undertone_mls::GroupChange;
use undertone_wire::conversation::{Accepted, JoinRequest};
use undertone_wire::group::GroupProfile;
use undertone_wire::limits::MEMBERS_MAX;
use undertone_wire::{Bytes, ErrorCode, Sequence};

/// How many devices each commit adds: so many that it is not too large. The fewer members have
/// committed themselves, the more of them each commit addresses one by one.
const BATCHES: [usize; 3] = [499, 320, 149];
/// So many come by the link one after another...
const IN_TURN: usize = 10;
/// ... and so many more at the same moment: then it is full.
const AT_ONCE: usize = 21;

fn package(phone: &Phone) -> Vec<u8> {
    phone.key_packages(1, false).remove(0).0
}

/// A room that is to be full, and some of those in it who follow everything.
struct Crowd {
    room: Room,
    /// One of each commit that added people, and then one who came by the link.
    readers: Vec<Phone>,
}

impl Crowd {
    /// Most of them are added; gives the first, too.
    async fn gather() -> (Self, Phone) {
        let room = room_of(|profile| profile.capacity = u32::try_from(MEMBERS_MAX).unwrap()).await;
        let mut crowd = Self {
            room,
            readers: Vec::new(),
        };
        let mut first = None;
        for (batch, count) in BATCHES.into_iter().enumerate() {
            let mut guests = Vec::new();
            for number in 0..count {
                let name = format!("Guest {batch} {number}");
                guests.push(crowd.room.server.guest(&name).await);
            }
            let packages: Vec<_> = guests.iter().map(package).collect();
            let adding = crowd.room.owner.commit(crowd.room.id, &packages);
            crowd.room.submit(&adding).await.unwrap();
            crowd.room.owner.merge(crowd.room.id);
            crowd.hear(&adding.commit.commit, false);
            let mut reader = guests.pop().unwrap();
            let welcomes = crowd.room.server.state.store.pending_welcomes(reader.device);
            reader.join(&welcomes.await.unwrap()[0]);
            reader.keep_psk(crowd.room.id, &crowd.room.key.psk);
            crowd.readers.push(reader);
            first = first.or_else(|| guests.into_iter().next());
            crowd.room.clock.advance(Duration::from_secs(1));
        }
        (crowd, first.unwrap())
    }

    /// Those who follow process a commit; the owner as well, if it is not theirs.
    fn hear(&mut self, commit: &Bytes, with_owner: bool) {
        let id = self.room.id;
        let owner = with_owner.then_some(&mut self.room.owner);
        for phone in self.readers.iter_mut().chain(owner) {
            phone.apply(id, commit);
        }
    }

    /// Comes in by the link, if it is their turn.
    async fn come(&mut self, phone: &mut Phone) -> Result<(), ErrorCode> {
        let found = self.room.look(phone).await.map_err(|refused| refused.code)?;
        let request = JoinRequest {
            admission_token: Some(self.room.key.token.clone()),
            ..phone.come(&found, Some(&self.room.key.psk))
        };
        self.room.join(phone, &request).await.unwrap();
        self.hear(&request.commit.commit, true);
        Ok(())
    }

    /// All of them ask at the same moment, and again when a second has passed; gives them as they came.
    async fn come_at_once(&mut self, mut waiting: Vec<Phone>) -> Vec<Phone> {
        let mut inside = Vec::new();
        for _second in 0..10 * AT_ONCE {
            if waiting.is_empty() {
                break;
            }
            let mut later = Vec::new();
            for mut phone in waiting {
                match self.come(&mut phone).await {
                    Ok(()) => inside.push(phone),
                    Err(refused) => {
                        assert_eq!(refused, ErrorCode::JoinQueued);
                        later.push(phone);
                    }
                }
            }
            waiting = later;
            self.room.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(waiting.len(), 0, "they wait for ever");
        inside
    }
}

#[tokio::test]
async fn a_room_of_a_thousand_devices_works() {
    let (mut crowd, gone) = Crowd::gather().await;
    let (id, before) = (crowd.room.id, crowd.room.owner.group(crowd.room.id).members());
    assert_eq!(before.unwrap().len() + IN_TURN + AT_ONCE, MEMBERS_MAX);
    for number in 0..IN_TURN {
        let mut guest = crowd.room.server.guest(&format!("In turn {number}")).await;
        crowd.come(&mut guest).await.unwrap();
        crowd.room.clock.advance(Duration::from_secs(1));
    }
    let mut waiting = Vec::new();
    for number in 0..AT_ONCE {
        waiting.push(crowd.room.server.guest(&format!("At once {number}")).await);
    }
    let mut last = crowd.come_at_once(waiting).await.pop().unwrap();
    assert_eq!(crowd.room.owner.group(id).members().unwrap().len(), MEMBERS_MAX);

    let hello = last.write(id, "is anybody here?");
    last.send(&crowd.room.server, &hello).await.unwrap();
    crowd.readers.push(last);
    let (_writer, others) = crowd.readers.split_last_mut().unwrap();
    for reader in others.iter_mut().chain([&mut crowd.room.owner]) {
        assert_eq!(reader.read(id, &hello.message), "is anybody here?");
    }
    let too_many = crowd.room.server.guest("One Too Many").await;
    assert_eq!(code(crowd.room.look(&too_many).await), ErrorCode::RoomFull);

    let remove = [crowd.room.owner.leaf_of(id, gone.device)];
    let change = GroupChange {
        remove: &remove,
        ..GroupChange::default()
    };
    let removing = crowd.room.owner.change(id, change);
    crowd.room.submit(&removing).await.unwrap();
    crowd.room.owner.merge(id);
    crowd.hear(&removing.commit.commit, false);
    assert_eq!(gone.conversations(&crowd.room.server).await, 0);
    let still = crowd.room.owner.write(id, "who is left?");
    crowd.room.owner.send(&crowd.room.server, &still).await.unwrap();
    for reader in &mut crowd.readers {
        assert_eq!(reader.read(id, &still.message), "who is left?");
    }
    crowd.room.look(&too_many).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_commit_at_once_one_is_first_and_the_others_hear_so() {
    let (server, _clock) = Server::start_still().await;
    let mut alice = server.register("alice").await;
    let mut others = Vec::new();
    for number in 0..20 {
        others.push(server.register(&format!("other{number}")).await);
    }
    let packages: Vec<_> = others.iter().map(package).collect();
    let request = alice.found_with(&GroupProfile::group(alice.user), &packages);
    let id = request.conversation;
    let _: Accepted = server
        .post(&alice, "/api/v1/conversations", &request)
        .await
        .unwrap();
    let mut updates = Vec::new();
    for phone in &mut others {
        phone.join(&server.state.store.pending_welcomes(phone.device).await.unwrap()[0]);
        updates.push(phone.update(id));
    }
    let racing = others.iter().zip(&updates);
    let outcomes = join_all(racing.map(|(phone, update)| phone.submit(&server, update))).await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert_eq!(won[0].as_ref().unwrap().sequence, Sequence(2));
    for refused in lost {
        assert_eq!(code(refused), ErrorCode::EpochStale);
    }
}
