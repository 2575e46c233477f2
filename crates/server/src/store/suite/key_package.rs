//! Key packages: each single-use one is handed out once.

use super::conversation::rows;
use super::{TestStore, device, on_both_databases, user};
use crate::store::key_package::{Claimer, NewKeyPackage, NewStock, STOCK_MAX, StockFull};
use crate::store::sweep::Sweep;
use std::collections::BTreeSet;
use std::time::Duration;
use undertone_wire::key_package::KeyPackageStock;
use undertone_wire::{Bytes, DeviceId, Timestamp};

on_both_databases!(
    each_package_is_handed_out_once,
    racing_claims_get_different_packages,
    the_last_resort_is_handed_out_when_nothing_else_is_left,
    a_repeated_upload_is_not_handed_out_again,
    one_of_each_device_is_claimed,
    expired_packages_are_not_handed_out,
    the_stock_is_bounded,
    revocation_wipes_the_stock,
);

const NOW: Timestamp = Timestamp::from_millis(1_763_724_000_000);
const LIFE: Duration = Duration::from_hours(1);

fn package(device: u8, number: usize) -> NewKeyPackage {
    let mut reference = [device; 32];
    reference[..8].copy_from_slice(&number.to_be_bytes());
    NewKeyPackage {
        reference,
        expires_at: NOW.plus(LIFE),
        key_package: Bytes(reference.to_vec()),
    }
}

fn stock(device_number: u8, numbers: std::ops::Range<usize>) -> NewStock {
    let single_use = numbers.map(|number| package(device_number, number)).collect();
    NewStock {
        device: device(device_number),
        single_use,
        last_resort: None,
    }
}

fn claimer(target: u8, now: Timestamp) -> Claimer {
    Claimer {
        device: device(99),
        target: user(target),
        now,
    }
}

impl TestStore {
    async fn add(&self, new: NewStock) -> KeyPackageStock {
        self.add_key_packages(new).await.unwrap().unwrap()
    }

    async fn claim(&self, target: u8) -> Vec<(DeviceId, Vec<u8>)> {
        let claimed = self.claim_key_packages(claimer(target, NOW)).await.unwrap();
        claimed
            .into_iter()
            .map(|one| (one.device, one.key_package.0))
            .collect()
    }
}

async fn each_package_is_handed_out_once(store: TestStore) {
    store.register(1).await;
    let held = store.add(stock(1, 0..5)).await;
    assert_eq!(
        held,
        KeyPackageStock {
            available: 5,
            has_last_resort: false
        }
    );
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        let claimed = store.claim(1).await;
        assert_eq!(claimed.len(), 1);
        assert!(seen.insert(claimed[0].1.clone()));
    }
    assert!(store.claim(1).await.is_empty());
    assert!(store.claim(77).await.is_empty());
}

async fn racing_claims_get_different_packages(store: TestStore) {
    store.register(1).await;
    store.add(stock(1, 0..40)).await;
    let claims = futures::future::join_all((0..40).map(|_| store.claim(1))).await;
    let seen: Vec<_> = claims.into_iter().flatten().map(|(_, package)| package).collect();
    let distinct: BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (40, 40));
}

async fn the_last_resort_is_handed_out_when_nothing_else_is_left(store: TestStore) {
    store.register(1).await;
    let last_resort = Some(package(1, 1000));
    let held = store
        .add(NewStock {
            last_resort,
            ..stock(1, 0..1)
        })
        .await;
    assert_eq!(
        held,
        KeyPackageStock {
            available: 1,
            has_last_resort: true
        }
    );
    assert_eq!(store.claim(1).await[0].1, package(1, 0).key_package.0);
    for _ in 0..3 {
        assert_eq!(store.claim(1).await[0].1, package(1, 1000).key_package.0);
    }
    store
        .add(NewStock {
            last_resort: Some(package(1, 1001)),
            ..stock(1, 0..0)
        })
        .await;
    assert_eq!(
        store.claim(1).await[0].1,
        package(1, 1001).key_package.0,
        "a later one replaces it"
    );
    assert_eq!(store.reachable_devices(user(1), NOW).await.unwrap(), [device(1)]);
}

async fn a_repeated_upload_is_not_handed_out_again(store: TestStore) {
    store.register(1).await;
    store.add(stock(1, 0..3)).await;
    store.claim(1).await;
    let held = store.add(stock(1, 0..3)).await;
    assert_eq!(held.available, 2, "the one that is gone does not come back");
    let mut seen = BTreeSet::new();
    for _ in 0..2 {
        assert!(seen.insert(store.claim(1).await[0].1.clone()));
    }
    assert!(store.claim(1).await.is_empty());
    store.sweep(Sweep::at(NOW.plus(LIFE))).await.unwrap();
    assert_eq!(
        rows(&store, "used_key_package").await,
        0,
        "remembered until it expires"
    );
}

async fn one_of_each_device_is_claimed(store: TestStore) {
    let person = store.register(1).await;
    store.add_device_of(person, 2).await;
    store.add_device_of(person, 3).await;
    store.add(stock(1, 0..2)).await;
    store.add(stock(2, 0..2)).await;
    let claimed: Vec<_> = store
        .claim(1)
        .await
        .into_iter()
        .map(|(device, _)| device)
        .collect();
    assert_eq!(claimed, [device(1), device(2)], "a device without any is missing");
    let own = Claimer {
        device: device(1),
        ..claimer(1, NOW)
    };
    let claimed = store.claim_key_packages(own).await.unwrap();
    assert_eq!(claimed.len(), 1, "one does not take one's own");
    assert_eq!(claimed[0].device, device(2));
    let reachable: BTreeSet<_> = store
        .reachable_devices(user(1), NOW)
        .await
        .unwrap()
        .into_iter()
        .collect();
    assert_eq!(reachable, BTreeSet::from([device(1)]));
}

async fn expired_packages_are_not_handed_out(store: TestStore) {
    store.register(1).await;
    store
        .add(NewStock {
            last_resort: Some(package(1, 9)),
            ..stock(1, 0..1)
        })
        .await;
    let late = NOW.plus(LIFE);
    assert!(
        store
            .claim_key_packages(claimer(1, late))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.reachable_devices(user(1), late).await.unwrap().is_empty());
    store.sweep(Sweep::at(late)).await.unwrap();
    assert_eq!(rows(&store, "key_package").await, 0);
}

async fn the_stock_is_bounded(store: TestStore) {
    store.register(1).await;
    store.add(stock(1, 0..STOCK_MAX)).await;
    let one_more = store
        .add_key_packages(stock(1, STOCK_MAX..STOCK_MAX + 1))
        .await
        .unwrap();
    assert_eq!(one_more, Err(StockFull));
    let held = store.key_package_stock(device(1)).await.unwrap();
    assert_eq!(usize::try_from(held.available).unwrap(), STOCK_MAX);
}

async fn revocation_wipes_the_stock(store: TestStore) {
    let person = store.register(1).await;
    let second = store.add_device_of(person, 2).await;
    for number in [1, 2] {
        store
            .add(NewStock {
                last_resort: Some(package(number, 9)),
                ..stock(number, 0..2)
            })
            .await;
    }
    assert!(store.revoke_device(person.user, second, NOW).await.unwrap());
    let held = store.key_package_stock(second).await.unwrap();
    assert_eq!(
        held,
        KeyPackageStock {
            available: 0,
            has_last_resort: false
        }
    );
    let claimed = store.claim(1).await;
    assert_eq!(
        claimed.iter().map(|(device, _)| *device).collect::<Vec<_>>(),
        [device(1)]
    );
}
