//! Refresh tokens and their successors, also of a database that went back to a backup.

use super::people::{hash, session};
use super::{TestStore, on_both_databases};
use crate::store::account::{Rotated, Rotation};
use undertone_wire::Timestamp;

on_both_databases!(a_token_that_is_newer_than_the_database_goes_on);

const NOW: Timestamp = Timestamp::from_millis(1_763_724_060_000);

fn rotation(presented: u8, successor: u8, follows: Option<u8>) -> Rotation {
    Rotation {
        session: session(7),
        presented: hash(presented),
        successor: hash(successor),
        follows: follows.map(hash),
        guest_until: NOW,
        at: NOW,
    }
}

async fn a_token_that_is_newer_than_the_database_goes_on(store: TestStore) {
    store.register(7).await;
    let exchange = async |rotation| store.rotate_session(rotation).await.unwrap();
    assert_eq!(exchange(rotation(7, 8, None)).await, Rotated::Granted);
    // The database knows 8; whoever comes has 20, which was made of it.
    assert_eq!(exchange(rotation(20, 21, Some(8))).await, Rotated::Granted);
    assert_eq!(
        exchange(rotation(20, 21, None)).await,
        Rotated::Granted,
        "its answer was lost"
    );
    assert_eq!(exchange(rotation(21, 22, None)).await, Rotated::Granted);
    assert_eq!(exchange(rotation(8, 9, None)).await, Rotated::Reused);
    assert_eq!(exchange(rotation(22, 23, None)).await, Rotated::Ended);
}
