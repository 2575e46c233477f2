//! Stories of somebody who was too fast for the server: they see how long they wait, and what they wrote
//! goes by itself.

use super::world::{Device, Someone, World};
use crate::view::MessageStateView;
use std::rc::Rc;
use undertone_wire::stream::ServerFrame;
use undertone_wire::{ConversationId, ErrorCode};

const WAIT_MS: u64 = 6_000;
/// Nobody waits so much longer than was asked.
const SPREAD_MS: u64 = 1_000;

/// Ada writes to Ben on a server that asks whoever is too fast to wait.
struct Hasty {
    world: World,
    alice: Rc<Device>,
    talk: ConversationId,
}

impl Hasty {
    fn new() -> Self {
        let mut world = World::new();
        let (ada, ben): (Someone, Someone) = (world.someone("Ada"), world.someone("Ben"));
        let (alice, bob) = (world.device(&ada), world.device(&ben));
        let talk = world.run(alice.open(&ben));
        world.settle(&[&alice, &bob]);
        world.server.tamper(|_, frame| match frame {
            ServerFrame::Refused(mut refused) if refused.error.code == ErrorCode::RateLimited => {
                refused.error.retry_after_ms = Some(WAIT_MS);
                vec![ServerFrame::Refused(refused)]
            }
            other => vec![other],
        });
        Self { world, alice, talk }
    }

    /// How much longer she waits, and whether it is since she was too fast.
    fn waits(&self) -> Option<(u64, bool)> {
        let view = &self.alice.conversations()[0];
        let until = view.write_again_at_ms?;
        Some((until - self.alice.platform_now_ms(), view.too_fast))
    }
}

#[test]
fn who_was_too_fast_sees_how_long_they_wait_and_the_message_goes_then() {
    let mut hasty = Hasty::new();
    assert_eq!(hasty.waits(), None);
    hasty.world.server.refuse_next(ErrorCode::RateLimited);
    let began_ms = hasty.alice.platform_now_ms();
    let key = hasty.world.run(hasty.alice.write(hasty.talk, "too fast"));
    hasty.world.pass(1_000);
    let (left_ms, too_fast) = hasty.waits().expect("nobody says how long");
    assert!(
        too_fast && (WAIT_MS - 1_000..=WAIT_MS + SPREAD_MS).contains(&left_ms),
        "{left_ms} ms"
    );
    assert_eq!(
        hasty.alice.messages(hasty.talk)[0].state,
        MessageStateView::Sending
    );
    hasty.world.run(hasty.alice.client().wait_sent(key)).unwrap();
    let waited_ms = hasty.alice.platform_now_ms() - began_ms;
    assert!(
        (WAIT_MS..=WAIT_MS + 2 * SPREAD_MS).contains(&waited_ms),
        "{waited_ms} ms"
    );
    assert_eq!(hasty.waits(), None, "it is over as soon as the message went");
}

#[test]
fn a_busy_server_is_no_reason_to_tell_somebody_that_they_were_too_fast() {
    let mut hasty = Hasty::new();
    hasty.world.server.refuse_next(ErrorCode::Unavailable);
    let key = hasty.world.run(hasty.alice.write(hasty.talk, "in a while"));
    hasty.world.pass(1_000);
    assert_eq!(
        hasty.alice.messages(hasty.talk)[0].state,
        MessageStateView::Sending
    );
    assert_eq!(hasty.waits(), None);
    hasty.world.run(hasty.alice.client().wait_sent(key)).unwrap();
}
