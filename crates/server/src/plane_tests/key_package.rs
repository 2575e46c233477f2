//! Key packages over HTTP: only one's own, only good ones.

use super::{Server, code};
use std::num::NonZeroU32;
use undertone_wire::key_package::{ClaimKeyPackagesResponse, KeyPackageStock, UploadKeyPackagesRequest};
use undertone_wire::{Bytes, ErrorBody, ErrorCode, UserId};

const PATH: &str = "/api/v1/key-packages";

async fn upload(
    server: &Server,
    phone: &super::Phone,
    key_packages: Vec<Bytes>,
    last_resort: Option<Bytes>,
) -> Result<KeyPackageStock, ErrorBody> {
    server
        .post(
            phone,
            PATH,
            &UploadKeyPackagesRequest {
                key_packages,
                last_resort,
            },
        )
        .await
}

#[tokio::test]
async fn a_device_stocks_its_own_packages() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let stock = alice.stock(&server, 3).await;
    assert_eq!(
        stock,
        KeyPackageStock {
            available: 3,
            has_last_resort: true
        }
    );
    assert_eq!(server.get::<KeyPackageStock>(&alice, PATH).await.unwrap(), stock);
}

#[tokio::test]
async fn bad_packages_are_refused_whole() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let good = alice.key_packages(1, false).remove(0);
    let last_resort = alice.key_packages(1, true).remove(0);
    let cut = Bytes(good.0[..good.len() - 1].to_vec());
    let longer = Bytes([good.0.clone(), vec![0]].concat());
    let mut forged = good.clone();
    *forged.0.last_mut().unwrap() ^= 1;
    let unregistered = alice.second().key_packages(1, false).remove(0);
    let bad = [
        cut,
        longer,
        forged,
        unregistered,
        bob.key_packages(1, false).remove(0),
        Bytes::default(),
    ];
    for one in bad {
        let outcome = upload(&server, &alice, vec![good.clone(), one.clone()], None).await;
        assert_eq!(code(outcome), ErrorCode::KeyPackageInvalid);
        assert_eq!(
            code(upload(&server, &alice, vec![], Some(one)).await),
            ErrorCode::KeyPackageInvalid
        );
    }
    let swapped = upload(&server, &alice, vec![last_resort.clone()], None).await;
    assert_eq!(
        code(swapped),
        ErrorCode::KeyPackageInvalid,
        "a last resort is no single-use package"
    );
    let swapped = upload(&server, &alice, vec![], Some(good.clone())).await;
    assert_eq!(code(swapped), ErrorCode::KeyPackageInvalid);
    let many = upload(&server, &alice, vec![good.clone(); 101], None).await;
    assert_eq!(code(many), ErrorCode::TooLarge);
    let large = upload(&server, &alice, vec![Bytes(vec![0; 9 * 1024])], None).await;
    assert_eq!(code(large), ErrorCode::TooLarge);
    let stock: KeyPackageStock = server.get(&alice, PATH).await.unwrap();
    assert_eq!(
        stock,
        KeyPackageStock {
            available: 0,
            has_last_resort: false
        }
    );
    let twice = upload(&server, &alice, vec![good.clone(), good], Some(last_resort))
        .await
        .unwrap();
    assert_eq!(twice.available, 1, "the same one counts once");
}

#[tokio::test]
async fn asking_is_limited_for_each_pair() {
    let server = Server::start_with(|config| config.limit_scale = NonZeroU32::MIN).await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    bob.stock(&server, 2).await;
    let ask = async |asker, target: UserId| -> Result<ClaimKeyPackagesResponse, ErrorBody> {
        server
            .post(asker, &format!("/api/v1/people/{target}/key-packages"), &())
            .await
    };
    let nobody = UserId::from_bytes([0; 16]);
    assert_eq!(code(ask(&alice, nobody).await), ErrorCode::NotFound);
    let mut asked = 0;
    let refused = loop {
        match ask(&alice, bob.user).await {
            Ok(claimed) => assert_eq!(claimed.key_packages.len(), 1),
            Err(refused) => break refused,
        }
        asked += 1;
        assert!(asked < 100);
    };
    assert_eq!(refused.code, ErrorCode::RateLimited);
    assert!(refused.retry_after_ms.is_some());
    assert!(ask(&bob, alice.user).await.is_ok(), "another pair is not held up");
}
