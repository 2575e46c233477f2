//! Beginning a conversation: exactly the registered devices of the two people, once for each pair.

use super::{Server, code};
use undertone_wire::conversation::{Accepted, ConversationsResponse, CreateConversationRequest};
use undertone_wire::{Bytes, ConversationId, Counter, ErrorBody, ErrorCode, Sequence};

const CONVERSATIONS: &str = "/api/v1/conversations";

async fn create(
    server: &Server,
    phone: &super::Phone,
    request: &CreateConversationRequest,
) -> Result<Accepted, ErrorBody> {
    server.post(phone, CONVERSATIONS, request).await
}

#[tokio::test]
async fn a_conversation_includes_all_devices_of_both() {
    let server = Server::start().await;
    let mut alice = server.register("alice").await;
    let mut alices_laptop = server.register_second(&alice).await;
    let mut bob = server.register("bob").await;
    alices_laptop.stock(&server, 1).await;
    bob.stock(&server, 1).await;
    let id = alice.begin(&server, bob.user).await;
    for phone in [&mut alices_laptop, &mut bob] {
        let heads: ConversationsResponse = server.get(phone, CONVERSATIONS).await.unwrap();
        assert_eq!(heads.conversations.len(), 1);
        let welcomes = server.state.store.pending_welcomes(phone.device).await.unwrap();
        phone.join(&welcomes[0]);
    }
    let hello = alice.write(id, "hello");
    let accepted = alice.send(&server, &hello).await.unwrap();
    assert_eq!(accepted.sequence, Sequence(2));
    assert_eq!(bob.read(id, &hello.message), "hello");
    assert_eq!(alices_laptop.read(id, &hello.message), "hello");
}

#[tokio::test]
async fn a_lost_answer_is_given_again_and_a_second_conversation_is_not() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (server.register("alice").await, server.register("bob").await);
    alice.stock(&server, 2).await;
    bob.stock(&server, 2).await;
    let (first, second) = (
        alice.prepare(&server, bob.user).await,
        bob.prepare(&server, alice.user).await,
    );
    let accepted = create(&server, &alice, &first).await.unwrap();
    assert_eq!(create(&server, &alice, &first).await.unwrap(), accepted);
    let refused = create(&server, &bob, &second).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::ConversationExists);
    assert_eq!(refused.conversation, Some(first.conversation));
    let other_counter = CreateConversationRequest {
        commit: undertone_wire::conversation::CommitBundle {
            counter: Counter(2),
            ..first.commit.clone()
        },
        ..first.clone()
    };
    assert_eq!(
        code(create(&server, &alice, &other_counter).await),
        ErrorCode::ConversationExists
    );
    assert_eq!(
        code(create(&server, &bob, &first).await),
        ErrorCode::ConversationExists,
        "he is in it, but did not begin it"
    );
}

#[tokio::test]
async fn two_who_open_the_same_chat_at_once_end_in_one() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (server.register("alice").await, server.register("bob").await);
    alice.stock(&server, 2).await;
    bob.stock(&server, 2).await;
    let (first, second) = (
        alice.prepare(&server, bob.user).await,
        bob.prepare(&server, alice.user).await,
    );
    let (one, other) = tokio::join!(create(&server, &alice, &first), create(&server, &bob, &second));
    let (won, lost) = if one.is_ok() {
        (&first, other)
    } else {
        (&second, one)
    };
    let lost = lost.unwrap_err();
    assert_eq!(
        (lost.code, lost.conversation),
        (ErrorCode::ConversationExists, Some(won.conversation))
    );
}

#[tokio::test]
async fn nobody_else_is_in_it_and_nobody_is_left_out() {
    let server = Server::start().await;
    let (mut alice, bob) = (server.register("alice").await, server.register("bob").await);
    let bobs_laptop = server.register_second(&bob).await;
    let carol = server.register("carol").await;
    for phone in [&bob, &bobs_laptop, &carol] {
        phone.stock(&server, 3).await;
    }
    let both = alice.claim(&server, bob.user).await;
    assert_eq!(both.len(), 2);

    let users = [alice.user, bob.user];
    let left_out = alice.found(&users, bob.user, &both[..1]);
    assert_eq!(
        code(create(&server, &alice, &left_out).await),
        ErrorCode::CommitInvalid
    );
    let her_and_carol = [alice.user, carol.user];
    let carols = alice.claim(&server, carol.user).await;
    let stranger = alice.found(&her_and_carol, bob.user, &carols);
    assert_eq!(
        code(create(&server, &alice, &stranger).await),
        ErrorCode::CommitInvalid
    );
    let other_peer = alice.found(&users, carol.user, &both);
    assert_eq!(
        code(create(&server, &alice, &other_peer).await),
        ErrorCode::CommitInvalid
    );
    let myself = alice.found(&users, alice.user, &both);
    assert_eq!(
        code(create(&server, &alice, &myself).await),
        ErrorCode::CommitInvalid
    );

    let unregistered = bob.second().key_packages(1, false).remove(0).0;
    let ghost = alice.found(&users, bob.user, &[both.clone(), vec![unregistered]].concat());
    assert_eq!(
        code(create(&server, &alice, &ghost).await),
        ErrorCode::CertificateInvalid
    );
    let twice = alice.found(&users, bob.user, &both);
    assert_eq!(
        code(create(&server, &carol, &twice).await),
        ErrorCode::CommitInvalid,
        "not the founder"
    );

    let nothing: ConversationsResponse = server.get(&alice, CONVERSATIONS).await.unwrap();
    assert!(nothing.conversations.is_empty(), "nothing of it was stored");
}

#[tokio::test]
async fn a_person_without_a_reachable_device_cannot_be_added() {
    let server = Server::start().await;
    let (mut alice, bob) = (server.register("alice").await, server.register("bob").await);
    assert!(alice.claim(&server, bob.user).await.is_empty());
    let package = bob.key_packages(1, false).remove(0).0;
    let request = alice.found(&[alice.user, bob.user], bob.user, &[package]);
    assert_eq!(code(create(&server, &alice, &request).await), ErrorCode::NoDevice);
    let nobody = super::phone::Phone::new("nobody");
    let package = nobody.key_packages(1, false).remove(0).0;
    let request = alice.found(&[alice.user, nobody.user], nobody.user, &[package]);
    assert_eq!(code(create(&server, &alice, &request).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn damaged_requests_change_nothing() {
    let server = Server::start().await;
    let (mut alice, bob) = (server.register("alice").await, server.register("bob").await);
    bob.stock(&server, 1).await;
    let good = alice.prepare(&server, bob.user).await;
    let cut = |change: &dyn Fn(&mut CreateConversationRequest)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad
    };
    let truncate = |bytes: &mut Bytes| bytes.0.truncate(bytes.len() / 2);
    let damaged = [
        cut(&|bad| truncate(&mut bad.group_info)),
        cut(&|bad| truncate(&mut bad.ratchet_tree)),
        cut(&|bad| truncate(&mut bad.commit.commit)),
        cut(&|bad| truncate(&mut bad.commit.group_info)),
        cut(&|bad| bad.commit.welcome = None),
        cut(&|bad| bad.commit.welcome.iter_mut().for_each(truncate)),
        cut(&|bad| bad.commit.commit.0.push(0)),
        cut(&|bad| bad.commit.group_info = bad.group_info.clone()),
        cut(&|bad| bad.conversation = ConversationId::from_bytes([0; 16])),
        cut(&|bad| bad.group_info = Bytes::default()),
    ];
    for bad in damaged {
        let code = code(create(&server, &alice, &bad).await);
        let documented = [
            ErrorCode::CommitInvalid,
            ErrorCode::GroupInfoInvalid,
            ErrorCode::WelcomeInvalid,
        ];
        assert!(documented.contains(&code), "{code}");
    }
    let large = cut(&|bad| bad.commit.group_info = Bytes(vec![0; 65 * 1024]));
    assert_eq!(code(create(&server, &alice, &large).await), ErrorCode::TooLarge);
    create(&server, &alice, &good).await.unwrap();
}
