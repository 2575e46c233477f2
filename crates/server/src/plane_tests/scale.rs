//! Many devices: a room as large as rooms get, and many who want to change a group at once.

use super::phone::Phone;
use super::room::room_of;
use super::{Server, code};
use futures::future::join_all;
use undertone_mls::GroupChange;
use undertone_wire::conversation::Accepted;
use undertone_wire::group::GroupProfile;
use undertone_wire::limits::MEMBERS_MAX;
use undertone_wire::{ErrorCode, Sequence};

/// How many devices each commit adds: so many that it is not too large. The fewer members have
/// committed themselves, the more of them each commit addresses one by one.
const BATCHES: [usize; 3] = [499, 320, 179];

fn package(phone: &Phone) -> Vec<u8> {
    phone.key_packages(1, false).remove(0).0
}

#[tokio::test]
async fn a_room_of_a_thousand_devices_works() {
    let mut room = room_of(|profile| profile.capacity = u32::try_from(MEMBERS_MAX).unwrap()).await;
    let mut guests = Vec::new();
    for number in 0..BATCHES.iter().sum() {
        guests.push(room.server.guest(&format!("Guest {number}")).await);
    }
    let mut rest = guests.as_slice();
    for batch in BATCHES {
        let batch = rest.split_off(..batch).unwrap();
        let packages: Vec<_> = batch.iter().map(package).collect();
        let adding = room.owner.commit(room.id, &packages);
        room.submit(&adding).await.unwrap();
        room.owner.merge(room.id);
        room.clock.advance(std::time::Duration::from_secs(1));
    }
    let (mut last, accepted) = room.welcome("The Last").await;
    assert_eq!(accepted.sequence, Sequence(5));
    assert_eq!(room.owner.group(room.id).members().unwrap().len(), MEMBERS_MAX);
    let hello = last.write(room.id, "is anybody here?");
    last.send(&room.server, &hello).await.unwrap();
    assert_eq!(room.owner.read(room.id, &hello.message), "is anybody here?");
    let too_many = room.server.guest("One Too Many").await;
    assert_eq!(code(room.look(&too_many).await), ErrorCode::RoomFull);

    let gone = &guests[0];
    let remove = [room.owner.leaf_of(room.id, gone.device)];
    let change = GroupChange {
        remove: &remove,
        ..GroupChange::default()
    };
    let removing = room.owner.change(room.id, change);
    room.submit(&removing).await.unwrap();
    last.apply(room.id, &removing.commit.commit);
    assert_eq!(gone.conversations(&room.server).await, 0);
    room.look(&too_many).await.unwrap();
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
