//! Groups over HTTP: who comes, who goes, who may write, and how fast.

use super::phone::Phone;
use super::stream::Line;
use super::{Server, code};
use std::sync::Arc;
use std::time::Duration;
use undertone_mls::GroupChange;
use undertone_wire::conversation::{
    Accepted, ConversationsResponse, CreateConversationRequest, EntryKind, SubmitProposalRequest,
};
use undertone_wire::group::{GroupProfile, Role};
use undertone_wire::message::SendMessageRequest;
use undertone_wire::room::RoomLink;
use undertone_wire::stream::ClientFrame;
use undertone_wire::{Bytes, ConversationId, ErrorBody, ErrorCode, RoomId, Sequence, UserId};

const CONVERSATIONS: &str = "/api/v1/conversations";

/// Alice's group with Bob and Carol.
pub(super) struct Trio {
    pub(super) server: Server,
    pub(super) clock: Arc<crate::clock::ManualClock>,
    pub(super) alice: Phone,
    pub(super) bob: Phone,
    pub(super) carol: Phone,
    pub(super) id: ConversationId,
}

pub(super) async fn trio() -> Trio {
    trio_of(|_| ()).await
}

async fn trio_of(change: impl FnOnce(&mut GroupProfile)) -> Trio {
    let (server, clock) = Server::start_still().await;
    let mut alice = server.register("alice").await;
    let (mut bob, mut carol) = (server.register("bob").await, server.register("carol").await);
    let packages = [&bob, &carol].map(|phone| phone.key_packages(1, false).remove(0).0);
    let mut profile = GroupProfile::group(alice.user);
    change(&mut profile);
    let request = alice.found_with(&profile, &packages);
    let _: Accepted = server.post(&alice, CONVERSATIONS, &request).await.unwrap();
    alice.merge(request.conversation);
    for phone in [&mut bob, &mut carol] {
        let welcomes = server.state.store.pending_welcomes(phone.device).await.unwrap();
        phone.join(&welcomes[0]);
    }
    Trio {
        server,
        clock,
        alice,
        bob,
        carol,
        id: request.conversation,
    }
}

impl Phone {
    /// Changes what the members agree on.
    pub(super) fn agree(
        &mut self,
        conversation: ConversationId,
        change: impl FnOnce(&mut GroupProfile),
    ) -> undertone_wire::conversation::SubmitCommitRequest {
        let mut profile = self.group(conversation).profile().clone();
        change(&mut profile);
        let change = GroupChange {
            profile: Some(profile),
            ..GroupChange::default()
        };
        self.change(conversation, change)
    }

    pub(super) async fn propose(
        &self,
        server: &Server,
        request: &SubmitProposalRequest,
    ) -> Result<Accepted, ErrorBody> {
        let path = format!("{CONVERSATIONS}/{}/proposals", request.conversation);
        server.post(self, &path, request).await
    }

    pub(super) async fn conversations(&self, server: &Server) -> usize {
        let heads: ConversationsResponse = server.get(self, CONVERSATIONS).await.unwrap();
        heads.conversations.len()
    }
}

#[tokio::test]
async fn a_group_talks_and_who_is_removed_is_out() {
    let Trio {
        server,
        mut alice,
        mut bob,
        mut carol,
        id,
        ..
    } = trio().await;
    let hello = bob.write(id, "hello");
    bob.send(&server, &hello).await.unwrap();
    for phone in [&mut alice, &mut carol] {
        assert_eq!(phone.read(id, &hello.message), "hello");
    }
    let remove = [alice.leaf_of(id, bob.device)];
    let change = GroupChange {
        remove: &remove,
        ..GroupChange::default()
    };
    let removing = alice.change(id, change);
    alice.submit(&server, &removing).await.unwrap();
    alice.merge(id);
    carol.apply(id, &removing.commit.commit);
    assert_eq!(bob.conversations(&server).await, 0);
    let late = bob.write(id, "am I here?");
    assert_eq!(code(bob.send(&server, &late).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn whoever_leaves_is_let_go_by_the_next_commit() {
    let Trio {
        server,
        mut alice,
        mut bob,
        mut carol,
        id,
        ..
    } = trio().await;
    let wish = carol.leave(id);
    let accepted = carol.propose(&server, &wish).await.unwrap();
    assert_eq!(carol.propose(&server, &wish).await.unwrap(), accepted, "once");
    assert_eq!(accepted.sequence, Sequence(2));
    let of_another = SubmitProposalRequest {
        counter: undertone_wire::Counter(1),
        ..wish.clone()
    };
    assert_eq!(
        code(bob.propose(&server, &of_another).await),
        ErrorCode::CommitInvalid,
        "nobody asks for somebody else"
    );
    alice.hear_wish(id, &wish.proposal);
    bob.hear_wish(id, &wish.proposal);
    let letting_go = bob.update(id);
    bob.submit(&server, &letting_go).await.unwrap();
    bob.merge(id);
    alice.apply(id, &letting_go.commit.commit);
    assert_eq!(carol.conversations(&server).await, 0);
    assert_eq!(alice.group(id).members().unwrap().len(), 2);
    let hello = alice.write(id, "she left");
    alice.send(&server, &hello).await.unwrap();
    assert_eq!(bob.read(id, &hello.message), "she left");
}

#[tokio::test]
async fn a_wish_reaches_the_others_at_once() {
    let Trio {
        server,
        alice,
        mut bob,
        id,
        ..
    } = trio().await;
    let (mut hers, _) = Line::connect(&server, &alice).await;
    let (mut his, _) = Line::connect(&server, &bob).await;
    his.hear_news().await;
    let wish = bob.leave(id);
    his.say(&ClientFrame::Propose(wish.clone())).await;
    let entry = hers.hear_entry().await;
    assert_eq!((entry.kind, entry.sender), (EntryKind::Proposal, bob.device));
    assert_eq!(entry.payload, wish.proposal);
    assert!(entry.franking_mac.is_empty());
    let stale = SubmitProposalRequest {
        epoch: undertone_wire::Epoch(9),
        counter: undertone_wire::Counter(2),
        ..wish
    };
    assert_eq!(code(bob.propose(&server, &stale).await), ErrorCode::EpochStale);
}

#[tokio::test]
async fn whoever_is_muted_reads() {
    let Trio {
        server,
        clock,
        mut alice,
        mut bob,
        id,
        ..
    } = trio().await;
    let muting = alice.agree(id, |profile| profile.set_role(bob.user, Role::ReadOnly));
    alice.submit(&server, &muting).await.unwrap();
    alice.merge(id);
    bob.apply(id, &muting.commit.commit);
    let message = bob.write(id, "let me speak");
    assert_eq!(code(bob.send(&server, &message).await), ErrorCode::ReadOnly);
    let hello = alice.write(id, "hello");
    alice.send(&server, &hello).await.unwrap();
    assert_eq!(bob.read(id, &hello.message), "hello");
    clock.advance(Duration::from_secs(1));
    let unmuting = alice.agree(id, |profile| profile.set_role(bob.user, Role::Member));
    alice.submit(&server, &unmuting).await.unwrap();
    bob.apply(id, &unmuting.commit.commit);
    bob.take_back(id);
    let thanks = bob.write(id, "thanks");
    bob.send(&server, &thanks).await.unwrap();
}

#[tokio::test]
async fn slow_mode_says_how_long_to_wait() {
    let Trio {
        server,
        clock,
        mut alice,
        mut bob,
        id,
        ..
    } = trio_of(|profile| profile.slow_mode_seconds = 10).await;
    let first = bob.write(id, "first");
    bob.send(&server, &first).await.unwrap();
    clock.advance(Duration::from_secs(4));
    let second = bob.write(id, "second");
    let refused = bob.send(&server, &second).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.retry_after_ms),
        (ErrorCode::RateLimited, Some(6000))
    );
    for text in ["an owner", "does not wait"] {
        let message = alice.write(id, text);
        alice.send(&server, &message).await.unwrap();
    }
    clock.advance(Duration::from_secs(6));
    bob.send(&server, &second).await.unwrap();
}

#[tokio::test]
async fn commits_keep_their_distance_unless_they_remove_somebody() {
    let Trio {
        server,
        clock,
        mut alice,
        mut bob,
        id,
        ..
    } = trio().await;
    let first = alice.update(id);
    alice.submit(&server, &first).await.unwrap();
    alice.merge(id);
    bob.apply(id, &first.commit.commit);
    clock.advance(Duration::from_millis(100));
    let too_early = bob.update(id);
    let refused = bob.submit(&server, &too_early).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.retry_after_ms),
        (ErrorCode::RateLimited, Some(150))
    );
    let remove = [alice.leaf_of(id, bob.device)];
    let change = GroupChange {
        remove: &remove,
        ..GroupChange::default()
    };
    let removing = alice.change(id, change);
    alice.submit(&server, &removing).await.unwrap();
    alice.merge(id);
    let update = alice.update(id);
    assert_eq!(code(alice.submit(&server, &update).await), ErrorCode::RateLimited);
    clock.advance(Duration::from_millis(150));
    alice.submit(&server, &update).await.unwrap();
}

#[tokio::test]
async fn those_who_commit_at_once_are_told_when_to_come_again() {
    let Trio {
        server,
        clock,
        mut alice,
        mut bob,
        mut carol,
        id,
        ..
    } = trio().await;
    let first = alice.update(id);
    let (second, third) = (bob.update(id), carol.update(id));
    alice.submit(&server, &first).await.unwrap();
    for (phone, update, wait_ms) in [(&bob, &second, 250), (&carol, &third, 500), (&bob, &second, 250)] {
        let refused = phone.submit(&server, update).await.unwrap_err();
        assert_eq!(
            (refused.code, refused.retry_after_ms),
            (ErrorCode::EpochStale, Some(wait_ms))
        );
    }
    let mut before = vec![first.commit.commit];
    for phone in [&mut bob, &mut carol] {
        clock.advance(Duration::from_millis(250));
        phone.clear_pending(id);
        phone.take_back(id);
        for commit in &before {
            phone.apply(id, commit);
        }
        let again = phone.update(id);
        phone.submit(&server, &again).await.unwrap();
        before.push(again.commit.commit);
    }
}

#[tokio::test]
async fn what_is_founded_is_what_the_request_says() {
    let (server, _) = Server::start_still().await;
    let (mut alice, bob) = (server.register("alice").await, server.register("bob").await);
    let guest = server.guest("Brisk Magpie").await;
    let create = async |phone: &Phone, request: &CreateConversationRequest| -> Result<Accepted, ErrorBody> {
        server.post(phone, CONVERSATIONS, request).await
    };
    let package = |phone: &Phone| phone.key_packages(1, false).remove(0).0;
    let good = alice.found_with(&GroupProfile::group(alice.user), &[package(&bob)]);
    let link = RoomLink {
        room: RoomId::from_bytes([1; 16]),
        admission_hash: Bytes(vec![0; 32]),
        sealed_state: Bytes::default(),
    };
    let bad = [
        CreateConversationRequest {
            peer: Some(bob.user),
            ..good.clone()
        },
        CreateConversationRequest {
            room: Some(link),
            ..good.clone()
        },
        CreateConversationRequest {
            kind: undertone_wire::conversation::ConversationKind::Direct,
            peer: Some(UserId::from_bytes([9; 16])),
            ..good.clone()
        },
        CreateConversationRequest {
            kind: undertone_wire::conversation::ConversationKind::Room,
            ..good.clone()
        },
    ];
    for request in bad {
        let code = code(create(&alice, &request).await);
        assert!(
            [ErrorCode::CommitInvalid, ErrorCode::NotFound].contains(&code),
            "{code}"
        );
    }
    assert_eq!(
        code(create(&bob, &good).await),
        ErrorCode::CommitInvalid,
        "nobody founds in another's name"
    );
    let with_guest = alice.found_with(&GroupProfile::group(alice.user), &[package(&guest)]);
    assert_eq!(code(create(&alice, &with_guest).await), ErrorCode::Forbidden);
    let unregistered = alice.found_with(&GroupProfile::group(alice.user), &[package(&bob.second())]);
    assert_eq!(
        code(create(&alice, &unregistered).await),
        ErrorCode::CertificateInvalid
    );
    let mut guest = guest;
    let by_guest = guest.found_with(&GroupProfile::group(guest.user), &[package(&bob)]);
    assert_eq!(code(create(&guest, &by_guest).await), ErrorCode::Forbidden);
    assert_eq!(alice.conversations(&server).await, 0, "nothing of it was stored");
    let accepted = create(&alice, &good).await.unwrap();
    assert_eq!(create(&alice, &good).await.unwrap(), accepted);
}

#[tokio::test]
async fn a_message_does_not_expire_before_it_is_sent() {
    let Trio {
        server,
        mut alice,
        id,
        ..
    } = trio().await;
    let message = alice.write(id, "soon gone");
    let expires = |seconds| SendMessageRequest {
        expires_after_seconds: Some(seconds),
        ..message.clone()
    };
    assert_eq!(
        code(alice.send(&server, &expires(4)).await),
        ErrorCode::BadRequest
    );
    alice.send(&server, &expires(5)).await.unwrap();
}
