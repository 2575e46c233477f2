//! Who is writing and who is there: what others see of it, and what the server sees.

use super::world::{Device, Someone, World};
use crate::view::PresenceView;
use std::rc::Rc;
use undertone_wire::ConversationId;
use undertone_wire::limits::{SIGNAL_BYTES, TYPING_LIFE};
use undertone_wire::signal::Visibility;
use undertone_wire::stream::ServerFrame;

/// Two people who are online and have a conversation.
struct Two {
    world: World,
    ada: Someone,
    ben: Someone,
    alice: Rc<Device>,
    bob: Rc<Device>,
    talk: ConversationId,
}

impl Two {
    fn new() -> Self {
        let mut world = World::new();
        let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
        let (alice, bob) = (world.device(&ada), world.device(&ben));
        let talk = world.run(alice.open(&ben));
        world.run(alice.send(talk, "hello"));
        world.settle(&[&alice, &bob]);
        bob.client().accept(talk).unwrap();
        world.settle(&[&alice, &bob]);
        Self {
            world,
            ada,
            ben,
            alice,
            bob,
            talk,
        }
    }

    /// Who writes, as Alice sees it.
    fn typing(&self) -> Vec<String> {
        self.alice.conversations()[0].typing.clone()
    }

    /// How Bob is, as Alice sees it.
    fn presence(&self) -> PresenceView {
        presence_of(&self.alice)
    }
}

fn presence_of(device: &Device) -> PresenceView {
    device.conversations()[0].peer.as_ref().unwrap().presence
}

#[test]
fn writing_shows_until_it_ends_or_the_message_is_there() {
    let mut two = Two::new();
    assert!(two.typing().is_empty());
    two.bob.client().typing(two.talk).unwrap();
    two.world.pass(100);
    assert_eq!(two.typing(), ["Ben"]);
    two.world.pass(u64::try_from(TYPING_LIFE.as_millis()).unwrap());
    assert!(two.typing().is_empty(), "it ends by itself");

    two.bob.client().typing(two.talk).unwrap();
    two.world.pass(100);
    assert_eq!(two.typing(), ["Ben"]);
    two.bob.client().stopped_typing(two.talk).unwrap();
    two.world.pass(100);
    assert!(two.typing().is_empty(), "it ends with the word");

    two.bob.client().typing(two.talk).unwrap();
    two.world.pass(100);
    assert_eq!(two.typing(), ["Ben"]);
    let sent = two.bob.send(two.talk, "written");
    two.world.run(sent);
    two.world.pass(100);
    assert_eq!(two.alice.texts(two.talk), ["hello", "written"]);
    assert!(two.typing().is_empty(), "it ends with the message");
    assert!(
        two.bob.conversations()[0].typing.is_empty(),
        "nobody sees themselves"
    );
}

#[test]
fn keys_are_signalled_now_and_then_and_all_signals_look_alike() {
    let mut two = Two::new();
    for _ in 0..40 {
        two.bob.client().typing(two.talk).unwrap();
        two.world.pass(100);
    }
    two.bob.client().stopped_typing(two.talk).unwrap();
    two.bob.client().stopped_typing(two.talk).unwrap();
    two.bob.client().set_attention(false).unwrap();
    two.world.pass(100);
    let signals = two.world.server.signals();
    assert_eq!(signals.len(), 4, "typing twice, stopped, away");
    for signal in &signals {
        assert_eq!(signal.sealed.len(), SIGNAL_BYTES);
    }
    let mut different: Vec<_> = signals.iter().map(|signal| &signal.sealed).collect();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 4);
}

#[test]
fn a_signal_of_another_device_conversation_or_epoch_is_nobodys() {
    let mut two = Two::new();
    let alice = two.alice.id;
    two.world.server.tamper(move |_, frame| match frame {
        ServerFrame::Signal(mut signal) => {
            signal.sender = alice;
            vec![ServerFrame::Signal(signal)]
        }
        frame => vec![frame],
    });
    two.bob.client().typing(two.talk).unwrap();
    two.world.pass(100);
    assert!(two.typing().is_empty());
    two.world.server.tamper(|_, frame| match frame {
        ServerFrame::Signal(mut signal) => {
            signal.sealed.0[50] ^= 1;
            vec![ServerFrame::Signal(signal)]
        }
        frame => vec![frame],
    });
    two.bob.client().stopped_typing(two.talk).unwrap();
    two.bob.client().typing(two.talk).unwrap();
    two.world.pass(100);
    assert!(two.typing().is_empty());
    let old = two.world.server.signals();
    let again = old[0].clone();
    two.world.server.tamper(|_, frame| vec![frame]);
    two.world.run(two.bob.client().refresh_keys(two.talk)).unwrap();
    two.world.settle(&[&two.alice, &two.bob]);
    two.world.server.hand_out(alice, ServerFrame::Signal(again));
    two.world.pass(100);
    assert!(two.typing().is_empty(), "of an epoch that is over");
}

#[test]
fn attention_is_here_away_or_gone_and_last_seen_stays_on_the_device() {
    let mut two = Two::new();
    assert_eq!(two.presence(), PresenceView::Here);
    two.world.pass(60_000);
    two.bob.client().set_attention(false).unwrap();
    let left = two.bob.platform.story_now();
    two.world.pass(5000);
    assert_eq!(two.presence(), PresenceView::Away { since_ms: left });
    two.bob.client().set_attention(true).unwrap();
    two.world.pass(100);
    assert_eq!(two.presence(), PresenceView::Here);

    two.bob.client().set_attention(false).unwrap();
    two.world.pass(100);
    two.world.restart(&two.alice);
    two.world.pass(100);
    assert!(
        matches!(two.presence(), PresenceView::Away { .. }),
        "who comes later is told, too"
    );

    two.bob.client().stop();
    let stopped = two.bob.client();
    two.world.run(async move { stopped.stopped().await });
    two.world.pass(1000);
    let PresenceView::Gone { last_seen_ms } = two.presence() else {
        panic!("Bob is gone")
    };
    assert!(last_seen_ms >= left);
    two.world.restart(&two.alice);
    assert_eq!(two.presence(), PresenceView::Gone { last_seen_ms });
}

#[test]
fn nobody_sees_whoever_shows_themselves_to_nobody() {
    let mut two = Two::new();
    two.bob.client().set_visibility(Visibility::Nobody).unwrap();
    two.world.pass(100);
    let gone = two.presence();
    assert!(matches!(gone, PresenceView::Gone { .. }));
    two.world.pass(5000);
    two.bob.client().typing(two.talk).unwrap();
    two.bob.client().set_attention(false).unwrap();
    two.world.pass(100);
    assert!(two.typing().is_empty() && two.world.server.signals().is_empty());

    two.world.restart(&two.bob);
    two.world.settle(&[&two.alice, &two.bob]);
    assert_eq!(two.bob.client().visibility().unwrap(), Visibility::Nobody);
    assert_eq!(two.world.server.shown(two.ben.user), Some(Visibility::Nobody));
    assert_eq!(two.world.server.shown(two.ada.user), None);
    assert_eq!(presence_of(&two.bob), PresenceView::Here, "the others are seen");
    assert_eq!(two.presence(), gone, "not for a moment");
}
