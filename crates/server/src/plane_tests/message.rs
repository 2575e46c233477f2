//! Messages and commits over HTTP: for the current epoch, from a member, once.

use super::{Talk, code, talk};
use undertone_wire::conversation::{Accepted, LogPage, SubmitCommitRequest};
use undertone_wire::message::SendMessageRequest;
use undertone_wire::{Bytes, ConversationId, Counter, Epoch, ErrorBody, ErrorCode, Sequence};

impl Talk {
    async fn log(&self, after: u64) -> LogPage {
        let path = format!("/api/v1/conversations/{}/log?after={after}", self.id);
        self.server.get(&self.alice, &path).await.unwrap()
    }
}

#[tokio::test]
async fn a_late_sender_learns_that_the_epoch_is_stale_and_sends_again() {
    let Talk {
        server,
        mut alice,
        mut bob,
        id,
    } = talk().await;
    let update = bob.update(id);
    let committed = bob.submit(&server, &update).await.unwrap();
    assert_eq!(committed.sequence, Sequence(2));
    bob.merge(id);
    let late = alice.write(id, "too late");
    assert_eq!(code(alice.send(&server, &late).await), ErrorCode::EpochStale);
    alice.take_back(id);
    alice.apply(id, &update.commit.commit);
    let again = alice.write(id, "in time");
    assert_eq!(alice.send(&server, &again).await.unwrap().sequence, Sequence(3));
    assert_eq!(bob.read(id, &again.message), "in time");
}

#[tokio::test]
async fn of_two_racing_commits_one_wins_and_the_other_may_follow() {
    let Talk {
        server,
        mut alice,
        mut bob,
        id,
    } = talk().await;
    let (hers, his) = (alice.update(id), bob.update(id));
    let (one, other) = tokio::join!(alice.submit(&server, &hers), bob.submit(&server, &his));
    let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
    assert_eq!(won.unwrap().sequence, Sequence(2));
    assert_eq!(code(lost), ErrorCode::EpochStale);
}

#[tokio::test]
async fn the_same_counter_has_the_same_answer() {
    let Talk {
        server,
        mut alice,
        mut bob,
        id,
    } = talk().await;
    let hello = alice.write(id, "hello");
    let accepted = alice.send(&server, &hello).await.unwrap();
    assert_eq!(alice.send(&server, &hello).await.unwrap(), accepted);
    let update = bob.update(id);
    let committed = bob.submit(&server, &update).await.unwrap();
    assert_eq!(bob.submit(&server, &update).await.unwrap(), committed);
    assert_eq!(
        alice.send(&server, &hello).await.unwrap(),
        accepted,
        "in the next epoch too"
    );
    let gap = SendMessageRequest {
        counter: Counter(9),
        ..alice.write(id, "x")
    };
    alice.take_back(id);
    assert_eq!(code(alice.send(&server, &gap).await), ErrorCode::EpochStale);
    let page: LogPage = server
        .get(&bob, &format!("/api/v1/conversations/{id}/log"))
        .await
        .unwrap();
    assert_eq!(page.head, Sequence(3));
    assert_eq!(
        page.entries
            .iter()
            .map(|entry| entry.sequence.0)
            .collect::<Vec<_>>(),
        [2, 3]
    );
    assert_eq!(page.entries[0].franking_mac.len(), 32);
    assert!(page.entries[1].franking_mac.is_empty());
}

#[tokio::test]
async fn counters_do_not_jump() {
    let Talk {
        server,
        mut alice,
        id,
        ..
    } = talk().await;
    let hello = alice.write(id, "hello");
    let gap = SendMessageRequest {
        counter: Counter(hello.counter.0 + 1),
        ..hello.clone()
    };
    assert_eq!(code(alice.send(&server, &gap).await), ErrorCode::CounterConflict);
    alice.send(&server, &hello).await.unwrap();
    let used = SendMessageRequest {
        counter: Counter(1),
        ..alice.write(id, "again")
    };
    assert_eq!(code(alice.send(&server, &used).await), ErrorCode::CounterConflict);
}

#[tokio::test]
async fn messages_must_be_what_the_request_says() {
    let talk = talk().await;
    let (server, id) = (&talk.server, talk.id);
    let mut alice = talk.alice;
    let good = alice.write(id, "hello");
    let other = ConversationId::from_bytes([9; 16]);
    let mut bad = Vec::new();
    for end in [0, 1, 8, good.message.len() / 2, good.message.len() - 1] {
        bad.push(SendMessageRequest {
            message: Bytes(good.message.0[..end].to_vec()),
            ..good.clone()
        });
    }
    let trailing = [good.message.0.clone(), vec![0]].concat();
    bad.push(SendMessageRequest {
        message: Bytes(trailing),
        ..good.clone()
    });
    bad.push(SendMessageRequest {
        epoch: Epoch(2),
        ..good.clone()
    });
    bad.push(SendMessageRequest {
        conversation: other,
        ..good.clone()
    });
    bad.push(SendMessageRequest {
        message: alice.update(id).commit.commit,
        ..good.clone()
    });
    alice.take_back(id);
    for request in bad {
        assert_eq!(
            code(alice.send(server, &request).await),
            ErrorCode::MessageInvalid
        );
    }
    let large = SendMessageRequest {
        message: Bytes(vec![0; 128 * 1024 + 1]),
        ..good.clone()
    };
    assert_eq!(code(alice.send(server, &large).await), ErrorCode::TooLarge);
    let elsewhere = format!("/api/v1/conversations/{other}/messages");
    let outcome: Result<Accepted, ErrorBody> = server.post(&alice, &elsewhere, &good).await;
    assert_eq!(code(outcome), ErrorCode::BadRequest);
    for body in [b"".to_vec(), b"{}".to_vec(), b"[1".to_vec(), vec![0xff; 100]] {
        let path = format!("/api/v1/conversations/{id}/messages");
        let outcome: Result<Accepted, ErrorBody> = server.post_bytes(&alice, &path, body).await;
        assert_eq!(code(outcome), ErrorCode::BadRequest);
    }
    assert_eq!(
        alice.send(server, &good).await.unwrap().sequence,
        Sequence(2),
        "nothing was changed"
    );
}

#[tokio::test]
async fn strangers_cannot_tell_that_there_is_a_conversation() {
    let Talk {
        server,
        mut alice,
        mut bob,
        id,
    } = talk().await;
    let carol = server.register("carol").await;
    let (message, commit) = (alice.write(id, "hello"), bob.update(id));
    assert_eq!(code(carol.send(&server, &message).await), ErrorCode::NotFound);
    assert_eq!(code(carol.submit(&server, &commit).await), ErrorCode::NotFound);
    for path in [
        format!("/api/v1/conversations/{id}/log"),
        "/api/v1/conversations/x/log".to_owned(),
    ] {
        let page: Result<LogPage, ErrorBody> = server.get(&carol, &path).await;
        assert_eq!(code(page), ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn bad_commits_change_nothing() {
    let talk = talk().await;
    let (server, id) = (&talk.server, talk.id);
    let (mut alice, mut bob) = (talk.alice, talk.bob);
    let good = alice.update(id);
    let with = |change: &dyn Fn(&mut SubmitCommitRequest)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad
    };
    let his = bob.update(id);
    let bad = [
        with(&|bad| bad.commit.commit.0.truncate(40)),
        with(&|bad| bad.commit.commit.0.push(0)),
        with(&|bad| bad.commit.commit = Bytes::default()),
        with(&|bad| bad.commit.group_info.0.truncate(40)),
        with(&|bad| bad.commit.group_info = his.commit.group_info.clone()),
        with(&|bad| bad.commit.commit = his.commit.commit.clone()),
        with(&|bad| bad.commit.welcome = Some(Bytes(vec![1, 2, 3]))),
    ];
    for request in &bad {
        let code = code(alice.submit(server, request).await);
        let documented = [
            ErrorCode::CommitInvalid,
            ErrorCode::GroupInfoInvalid,
            ErrorCode::WelcomeInvalid,
        ];
        assert!(documented.contains(&code), "{code}");
    }
    assert_eq!(
        code(bob.submit(server, &good).await),
        ErrorCode::CounterConflict,
        "her counter is not his"
    );
    let large = with(&|bad| bad.commit.group_info = Bytes(vec![0; 65 * 1024]));
    assert_eq!(code(alice.submit(server, &large).await), ErrorCode::TooLarge);
    let stale = with(&|bad| bad.epoch = Epoch(0));
    assert_eq!(code(alice.submit(server, &stale).await), ErrorCode::EpochStale);
    let gap = with(&|bad| bad.commit.counter = Counter(7));
    assert_eq!(code(alice.submit(server, &gap).await), ErrorCode::CounterConflict);
    assert_eq!(
        alice.submit(server, &good).await.unwrap().sequence,
        Sequence(2),
        "nothing was changed"
    );
}

#[tokio::test]
async fn a_later_device_is_added_by_a_commit_if_it_is_registered() {
    let talk = talk().await;
    let (server, id) = (&talk.server, talk.id);
    let (mut alice, bob) = (talk.alice, talk.bob);
    let unregistered = bob.second().key_packages(1, false).remove(0).0;
    let ghost = alice.commit(id, &[unregistered]);
    assert_eq!(
        code(alice.submit(server, &ghost).await),
        ErrorCode::CertificateInvalid
    );
    alice.clear_pending(id);
    alice.take_back(id);
    let mut laptop = server.register_second(&bob).await;
    laptop.stock(server, 1).await;
    let package = laptop.key_packages(1, false).remove(0).0;
    let adding = alice.commit(id, &[package]);
    alice.submit(server, &adding).await.unwrap();
    alice.merge(id);
    let welcomes = server.state.store.pending_welcomes(laptop.device).await.unwrap();
    laptop.join(&welcomes[0]);
    let hello = alice.write(id, "hello");
    alice.send(server, &hello).await.unwrap();
    assert_eq!(laptop.read(id, &hello.message), "hello");
}

#[tokio::test]
async fn the_log_is_read_in_pages() {
    let mut talk = talk().await;
    for number in 0..5 {
        let message = talk.alice.write(talk.id, &number.to_string());
        talk.alice.send(&talk.server, &message).await.unwrap();
    }
    assert_eq!(talk.log(0).await.entries.len(), 6);
    assert_eq!(talk.log(4).await.entries.len(), 2);
    let path = format!("/api/v1/conversations/{}/log?after=1&limit=2", talk.id);
    let page: LogPage = talk.server.get(&talk.alice, &path).await.unwrap();
    assert_eq!(
        page.entries
            .iter()
            .map(|entry| entry.sequence.0)
            .collect::<Vec<_>>(),
        [2, 3]
    );
    let path = format!("/api/v1/conversations/{}/log?after=-1", talk.id);
    let page: Result<LogPage, ErrorBody> = talk.server.get(&talk.alice, &path).await;
    assert_eq!(code(page), ErrorCode::BadRequest);
}
