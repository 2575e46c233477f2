//! Signing in with the recovery key.

use super::server::FakeServer;
use super::{Device, GOOD, password};
use crate::account::{AccountError, RecoverInput, RecoveryKey, VaultError};
use rand::rngs::OsRng;
use std::rc::Rc;

const NEW: &str = "another horse, other battery, new staple";

fn input(name: &str, recovery_key: &RecoveryKey) -> RecoverInput {
    RecoverInput {
        name: name.to_owned(),
        recovery_key: recovery_key.clone(),
        new_password: password(NEW),
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_key_from_paper_sets_a_new_password() {
    let server = Rc::new(FakeServer::new());
    let first = Device::new(&server).await;
    let key = first.register("Ada").await.unwrap();
    let typed: RecoveryKey = key.to_text().parse().unwrap();
    let second = Device::new(&server).await;
    second.account.recover(input("ada", &typed)).await.unwrap();
    let session = second.account.session().unwrap();
    assert_eq!(session.user, first.account.session().unwrap().user);
    assert_eq!(session.name.as_str(), "Ada");
    assert_eq!(second.account.identity_key(), first.account.identity_key());
    second.ask_who().await.unwrap();
    assert!(matches!(first.ask_who().await, Err(AccountError::SessionEnded)));

    // The device whose session ended goes on with the new password, and the old one is no use.
    let old = first.account.login("Ada", &password(GOOD)).await;
    assert!(matches!(old, Err(AccountError::WrongCredentials)));
    first.account.login("Ada", &password(NEW)).await.unwrap();
    // The key stays good, and the same device may be the one that forgot.
    server.revoke_all();
    assert!(second.ask_who().await.is_err());
    second.account.recover(input("Ada", &key)).await.unwrap();
    assert_eq!(second.account.session().unwrap(), session);
}

#[tokio::test(flavor = "current_thread")]
async fn another_key_and_an_unknown_name_are_alike() {
    let server = Rc::new(FakeServer::new());
    let key = Device::new(&server).await.register("Ada").await.unwrap();
    let other = RecoveryKey::generate(&mut OsRng);
    let device = Device::new(&server).await;
    for (name, key) in [("Ada", &other), ("Bob", &key)] {
        let refused = device.account.recover(input(name, key)).await;
        assert!(matches!(refused, Err(AccountError::WrongCredentials)), "{name}");
    }
    assert!(device.account.session().is_none());
    let weak = RecoverInput {
        new_password: password("ada12345"),
        ..input("Ada", &key)
    };
    assert!(matches!(
        device.account.recover(weak).await,
        Err(AccountError::Password(_))
    ));
    assert_eq!(server.count("/api/v1/recovery/finish"), 0);
}

#[tokio::test(flavor = "current_thread")]
async fn a_server_that_swaps_key_vault_or_name_changes_nothing() {
    let lies: [fn(&FakeServer); 3] = [
        |server| server.change("ada", |account| account.identity_key = vec![9; 32].into()),
        |server| server.change("ada", |account| account.name = "Eve".parse().unwrap()),
        |server| server.change("ada", |account| account.vault.sealed.0[20] ^= 1),
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let server = Rc::new(FakeServer::new());
        let key = Device::new(&server).await.register("Ada").await.unwrap();
        lie(&server);
        let device = Device::new(&server).await;
        let refused = device.account.recover(input("Ada", &key)).await;
        let noticed = matches!(
            refused,
            Err(AccountError::ServerDisagrees
                | AccountError::Vault(VaultError::Closed | VaultError::Malformed(_)))
        );
        assert!(noticed, "lie {number}: {refused:?}");
        assert_eq!(server.count("/api/v1/recovery/finish"), 0);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn this_device_stays_one_users() {
    let server = Rc::new(FakeServer::new());
    let ada = Device::new(&server).await;
    ada.register("Ada").await.unwrap();
    let key = Device::new(&server).await.register("Bob").await.unwrap();
    let signed_in = ada.account.recover(input("Bob", &key)).await;
    assert!(matches!(signed_in, Err(AccountError::SignedIn)));
    server.revoke_all();
    assert!(ada.ask_who().await.is_err());
    let other = ada.account.recover(input("Bob", &key)).await;
    assert!(matches!(other, Err(AccountError::OtherAccount)));
    assert_eq!(server.count("/api/v1/recovery/finish"), 0);
}
