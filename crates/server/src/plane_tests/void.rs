//! Commits that nobody can process: undone after a moment, with everything that was built on them.

use super::Server;
use super::group::{Trio, trio};
use super::phone::Phone;
use super::room::room;
use super::stream::Line;
use crate::clock::ManualClock;
use crate::delivery::Caller;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use undertone_mls::{GroupChange, RoomPsk};
use undertone_wire::conversation::{Accepted, EntryKind, JoinRequest, LogPage};
use undertone_wire::group::{GroupResponse, ReplaceGroupInfoRequest, Role};
use undertone_wire::stream::{Acknowledge, ClientFrame, ServerFrame};
use undertone_wire::{ConversationId, Counter, Epoch, ErrorCode, Sequence};
use zeroize::Zeroizing;

const PATIENCE: Duration = Duration::from_secs(10);

fn place(conversation: ConversationId, sequence: u64) -> Acknowledge {
    Acknowledge {
        conversation,
        sequence: Sequence(sequence),
    }
}

/// The grace passes, and what was reported before is judged.
async fn after_grace(server: &Server, clock: &Arc<ManualClock>) {
    clock.advance(Duration::from_secs(3));
    server.state.delivery.judge_suspects().await;
}

/// Says on the line that a commit cannot be processed, and waits until the server has heard it.
async fn report(line: &mut Line, conversation: ConversationId, sequence: u64) {
    line.say(&ClientFrame::CannotProcess(place(conversation, sequence)))
        .await;
    line.say(&ClientFrame::Ping).await;
    while line.hear_news().await != ServerFrame::Pong {}
}

/// The next frame that judges a commit.
async fn judgement(line: &mut Line) -> ServerFrame {
    loop {
        let frame = line.hear_news().await;
        if matches!(frame, ServerFrame::Voided(_) | ServerFrame::Stands(_)) {
            return frame;
        }
    }
}

async fn log(server: &Server, phone: &Phone, id: ConversationId) -> LogPage {
    let path = format!("/api/v1/conversations/{id}/log?after=1");
    server.get(phone, &path).await.unwrap()
}

async fn epoch(server: &Server, phone: &Phone) -> Epoch {
    server.state.store.heads(phone.device).await.unwrap()[0].epoch
}

#[tokio::test]
async fn a_commit_that_nobody_processes_is_undone_with_all_that_followed() {
    let Trio {
        server,
        clock,
        mut alice,
        mut bob,
        mut carol,
        id,
    } = trio().await;
    let update = bob.update(id);
    bob.submit(&server, &update).await.unwrap();
    bob.merge(id);
    let built_on_it = bob.write(id, "can you read this?");
    bob.send(&server, &built_on_it).await.unwrap();
    let (mut hers, _) = Line::connect(&server, &alice).await;
    let (mut carols, _) = Line::connect(&server, &carol).await;
    report(&mut hers, id, 2).await;
    server.state.delivery.judge_suspects().await;
    assert_eq!(epoch(&server, &alice).await, Epoch(2), "others have a moment");
    after_grace(&server, &clock).await;
    for line in [&mut hers, &mut carols] {
        assert_eq!(judgement(line).await, ServerFrame::Voided(place(id, 2)));
    }
    assert_eq!(epoch(&server, &alice).await, Epoch(1));
    let page = log(&server, &alice, id).await;
    for entry in &page.entries {
        assert_eq!((entry.kind, entry.sender), (EntryKind::Voided, bob.device));
        assert!(entry.payload.is_empty() && entry.franking_mac.is_empty());
    }
    assert_eq!((page.entries.len(), page.head), (2, Sequence(3)));

    let hello = alice.write(id, "we go on");
    assert_eq!(alice.send(&server, &hello).await.unwrap().sequence, Sequence(4));
    assert_eq!(carol.read(id, &hello.message), "we go on");
    report(&mut carols, id, 2).await;
    let found: GroupResponse = server
        .get(&bob, &format!("/api/v1/conversations/{id}/group"))
        .await
        .unwrap();
    let again = bob.come(&found, None);
    assert_eq!(again.commit.counter, Counter(3), "used counters stay used");
    let join = format!("/api/v1/conversations/{id}/join");
    let _: Accepted = server.post(&bob, &join, &again).await.unwrap();
    alice.apply(id, &again.commit.commit);
    carol.apply(id, &again.commit.commit);
}

#[tokio::test]
async fn nobody_builds_on_their_own_commit_while_it_is_under_suspicion() {
    let Trio {
        server,
        clock,
        alice,
        mut bob,
        mut carol,
        id,
    } = trio().await;
    let update = bob.update(id);
    bob.submit(&server, &update).await.unwrap();
    bob.merge(id);
    let (mut hers, _) = Line::connect(&server, &alice).await;
    report(&mut hers, id, 2).await;
    clock.advance(Duration::from_secs(1));
    let another = bob.update(id);
    let refused = bob.submit(&server, &another).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.retry_after_ms),
        (ErrorCode::RateLimited, Some(2000))
    );
    carol.apply(id, &update.commit.commit);
    let by_another = carol.update(id);
    carol.submit(&server, &by_another).await.unwrap();
    after_grace(&server, &clock).await;
    assert_eq!(judgement(&mut hers).await, ServerFrame::Stands(place(id, 2)));
}

#[tokio::test]
async fn a_commit_that_somebody_else_processed_stands() {
    let Trio {
        server,
        clock,
        mut alice,
        mut bob,
        mut carol,
        id,
    } = trio().await;
    let update = bob.update(id);
    bob.submit(&server, &update).await.unwrap();
    bob.merge(id);
    carol.apply(id, &update.commit.commit);
    let (mut hers, _) = Line::connect(&server, &alice).await;
    let (mut carols, _) = Line::connect(&server, &carol).await;
    carols.say(&ClientFrame::Acknowledge(place(id, 2))).await;
    let stored = async {
        while server.state.store.heads(carol.device).await.unwrap()[0].cursor < Sequence(2) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, stored).await.unwrap();
    report(&mut hers, id, 2).await;
    after_grace(&server, &clock).await;
    assert_eq!(judgement(&mut hers).await, ServerFrame::Stands(place(id, 2)));
    assert_eq!(epoch(&server, &alice).await, Epoch(2));
    let found: GroupResponse = server
        .get(&alice, &format!("/api/v1/conversations/{id}/group"))
        .await
        .unwrap();
    let again = alice.come(&found, None);
    let join = format!("/api/v1/conversations/{id}/join");
    let _: Accepted = server.post(&alice, &join, &again).await.unwrap();
    for phone in [&mut bob, &mut carol] {
        phone.apply(id, &again.commit.commit);
    }
}

#[tokio::test]
async fn whom_it_removed_is_back_whom_it_added_is_not_there_and_its_terms_are_off() {
    let Trio {
        server,
        clock,
        mut alice,
        mut bob,
        mut carol,
        id,
    } = trio().await;
    let dave = server.register("dave").await;
    let package = dave.key_packages(1, false).remove(0).0;
    let mut profile = alice.group(id).profile().clone();
    profile.set_role(carol.user, Role::ReadOnly);
    profile.slow_mode_seconds = 60;
    let remove = [alice.leaf_of(id, bob.device)];
    let change = GroupChange {
        add: &[package],
        remove: &remove,
        profile: Some(profile),
        ..GroupChange::default()
    };
    let commit = alice.change(id, change);
    alice.submit(&server, &commit).await.unwrap();
    let (mut his, greeting) = Line::connect(&server, &bob).await;
    assert!(greeting.heads.is_empty());
    let (mut carols, _) = Line::connect(&server, &carol).await;
    report(&mut carols, id, 2).await;
    after_grace(&server, &clock).await;
    assert_eq!(judgement(&mut his).await, ServerFrame::Voided(place(id, 2)));
    assert_eq!(dave.conversations(&server).await, 0);
    assert!(
        server
            .state
            .store
            .pending_welcomes(dave.device)
            .await
            .unwrap()
            .is_empty()
    );
    let first = carol.write(id, "I may write");
    carol.send(&server, &first).await.unwrap();
    assert_eq!(bob.read(id, &first.message), "I may write");
    let second = carol.write(id, "at once");
    carol.send(&server, &second).await.unwrap();
    assert_eq!(his.hear_entry().await.payload, first.message, "he follows again");
}

#[tokio::test]
async fn what_is_no_commit_or_not_the_newest_stands_and_strangers_hear_nothing() {
    let Trio {
        server,
        clock,
        mut alice,
        mut bob,
        id,
        ..
    } = trio().await;
    let (first, hello) = (bob.update(id), bob.write(id, "hello"));
    let caller = |phone: &Phone| Caller {
        user: phone.user,
        device: phone.device,
    };
    bob.submit(&server, &first).await.unwrap();
    drop(hello);
    bob.take_back(id);
    bob.merge(id);
    alice.apply(id, &first.commit.commit);
    let message = alice.write(id, "message");
    alice.send(&server, &message).await.unwrap();
    clock.advance(Duration::from_secs(1));
    let second = alice.update(id);
    alice.submit(&server, &second).await.unwrap();
    let (mut his, _) = Line::connect(&server, &bob).await;
    his.say(&ClientFrame::CannotProcess(place(id, 3))).await;
    assert_eq!(judgement(&mut his).await, ServerFrame::Stands(place(id, 3)));
    report(&mut his, id, 2).await;
    after_grace(&server, &clock).await;
    assert_eq!(judgement(&mut his).await, ServerFrame::Stands(place(id, 2)));
    assert_eq!(epoch(&server, &bob).await, Epoch(3));
    let dave = server.register("dave").await;
    let stranger = server.state.delivery.suspect(caller(&dave), place(id, 4)).await;
    assert_eq!(stranger.unwrap_err().into_body().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_stranger_with_the_link_cannot_brick_a_room() {
    let mut room = room().await;
    let (member, _) = room.welcome("Quiet Heron").await;
    drop(member);
    let mut mallory = room.server.guest("Sly Fox").await;
    let wrong = RoomPsk {
        rotation: 1,
        secret: Zeroizing::new([8; 32]),
    };
    let (mut line, _) = Line::connect(&room.server, &room.owner).await;
    let mut refused = None;
    for attempt in 0..4 {
        let found = match room.look(&mallory).await {
            Ok(found) => found,
            Err(error) => {
                refused = Some((attempt, error.code));
                break;
            }
        };
        let request = JoinRequest {
            admission_token: Some(room.key.token.clone()),
            ..mallory.come(&found, Some(&wrong))
        };
        let accepted = room.join(&mallory, &request).await.unwrap();
        mallory.take_back(room.id);
        report(&mut line, room.id, accepted.sequence.0).await;
        after_grace(&room.server, &room.clock).await;
        let voided = ServerFrame::Voided(place(room.id, accepted.sequence.0));
        assert_eq!(judgement(&mut line).await, voided);
        assert_eq!(line.hear_news().await, ServerFrame::GroupInfoWanted(room.id));
        assert_eq!(mallory.conversations(&room.server).await, 0);
    }
    assert_eq!(refused, Some((3, ErrorCode::CommitInvalid)), "enough is enough");

    let path = format!("/api/v1/conversations/{}/group-info", room.id);
    let group_info = room.owner.group_info(room.id);
    let request = ReplaceGroupInfoRequest {
        group_info: group_info.clone(),
    };
    room.server.put(&room.owner, &path, &request).await.unwrap();
    let (mut guest, _) = room.welcome("Loud Wren").await;
    let hello = guest.write(room.id, "hello");
    guest.send(&room.server, &hello).await.unwrap();
    assert_eq!(room.owner.read(room.id, &hello.message), "hello");
}
