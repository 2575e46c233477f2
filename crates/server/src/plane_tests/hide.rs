//! Hiding from conversations, over real sockets. Who is hidden from whom is tested with the hub.

use super::stream::Line;
use super::{Talk, talk};
use undertone_wire::limits::HIDDEN_CONVERSATIONS_MAX;
use undertone_wire::signal::Visibility;
use undertone_wire::stream::{Acknowledge, ClientFrame, ServerFrame};
use undertone_wire::{ConversationId, ErrorCode, Sequence};

impl Line {
    /// Waits until all that was said is done.
    async fn has_been_heard(&mut self) {
        self.say(&ClientFrame::Ping).await;
        while self.hear_news().await != ServerFrame::Pong {}
    }
}

#[tokio::test]
async fn whoever_hides_first_is_never_seen() {
    let Talk {
        server,
        alice,
        bob,
        id,
    } = talk().await;
    let (mut hers, _) = Line::connect(&server, &alice).await;
    let (mut his, _) = Line::connect(&server, &bob).await;
    let all = Acknowledge {
        conversation: id,
        sequence: Sequence(1),
    };
    his.say(&ClientFrame::Hide(vec![id])).await;
    his.say(&ClientFrame::AcknowledgeWelcome(all)).await;
    his.say(&ClientFrame::Show(Visibility::Everyone)).await;
    his.has_been_heard().await;
    hers.say(&ClientFrame::Ping).await;
    assert_eq!(
        hers.hear().await,
        Some(ServerFrame::Pong),
        "she was told nothing before"
    );
    let (mut again, greeting) = Line::connect(&server, &alice).await;
    assert!(greeting.presence.is_empty());
    his.say(&ClientFrame::Hide(Vec::new())).await;
    assert_eq!(again.hear_presence().await.user, bob.user);
}

#[tokio::test]
async fn too_many_are_refused() {
    let Talk { server, bob, .. } = talk().await;
    let (mut his, _) = Line::connect(&server, &bob).await;
    let many = |count: usize| {
        let numbered = (0..count).map(|number| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            ConversationId::from_bytes(bytes)
        });
        ClientFrame::Hide(numbered.collect())
    };
    his.say(&many(HIDDEN_CONVERSATIONS_MAX)).await;
    his.has_been_heard().await;
    his.say(&many(HIDDEN_CONVERSATIONS_MAX + 1)).await;
    assert_eq!(his.hear_end().await, ErrorCode::BadRequest);
}
