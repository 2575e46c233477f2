//! Stories of one account on one or two devices, against a server in memory.

mod guest;
mod recovery;
mod server;

use super::*;
use crate::platform::{Estimate, NativePlatform, NoEstimate, Platform};
use crate::store::{Store, StoreKey, StoreLocation};
use crate::testing::Checkpoints;
use crate::transport::Transport;
use crate::transport::api::Api;
use async_trait::async_trait;
use futures::future::LocalBoxFuture;
use server::{FakeServer, Fault};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::{ErrorCode, Timestamp};

const GOOD: &str = "correct horse battery staple";

/// A platform whose clocks stand still until the test moves them.
struct StillPlatform {
    now_ms: Cell<u64>,
    /// Whether it can say how strong a password is.
    judges: Cell<bool>,
}

#[async_trait(?Send)]
impl Platform for StillPlatform {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000_000 + self.now_ms.get())
    }
    fn monotonic_ms(&self) -> u64 {
        self.now_ms.get()
    }
    async fn sleep(&self, duration: Duration) {
        NativePlatform::new().sleep(duration).await;
    }
    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        NativePlatform::new().spawn(task);
    }
    async fn estimate(&self, password: &str, known: &[&str]) -> Result<Estimate, NoEstimate> {
        if !self.judges.get() {
            return Err(NoEstimate);
        }
        NativePlatform::new().estimate(password, known).await
    }
}

/// A device with its store, which may start again.
struct Device {
    server: Rc<FakeServer>,
    platform: Rc<StillPlatform>,
    store: Rc<Store>,
    account: Account,
}

impl Device {
    async fn new(server: &Rc<FakeServer>) -> Self {
        let key = StoreKey::from_bytes([1; 32]);
        let store = Store::open(&StoreLocation::Memory, &key, Checkpoints::default())
            .await
            .unwrap();
        let platform = Rc::new(StillPlatform {
            now_ms: Cell::new(0),
            judges: Cell::new(true),
        });
        let account = account(server, &platform, &store);
        Self {
            server: Rc::clone(server),
            platform,
            store,
            account,
        }
    }

    fn restart(&mut self) {
        self.account = account(&self.server, &self.platform, &self.store);
    }

    async fn register(&self, name: &str) -> Result<RecoveryKey, AccountError> {
        let input = RegisterInput {
            name: name.to_owned(),
            password: password(GOOD),
            invitation: None,
            setup: None,
        };
        self.account.register(input).await
    }

    async fn ask_who(&self) -> Result<undertone_wire::UserId, AccountError> {
        let api = &self.account.api;
        self.account
            .authorized(async |token| api.session(token).await)
            .await
            .map(|answer| answer.user)
    }

    fn pass(&self, duration: Duration) {
        let passed = u64::try_from(duration.as_millis()).unwrap();
        self.platform.now_ms.set(self.platform.now_ms.get() + passed);
        self.server.now.set(self.platform.now());
    }
}

fn account(server: &Rc<FakeServer>, platform: &Rc<StillPlatform>, store: &Rc<Store>) -> Account {
    let transport: Rc<dyn Transport> = Rc::clone(server) as Rc<dyn Transport>;
    Account::new(
        Rc::clone(store),
        Rc::clone(platform) as Rc<dyn Platform>,
        Api::new(transport),
    )
    .unwrap()
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

#[tokio::test(flavor = "current_thread")]
async fn a_second_device_shares_the_identity_and_has_its_own_key() {
    let server = Rc::new(FakeServer::new());
    let first = Device::new(&server).await;
    first.register("Ada").await.unwrap();
    let second = Device::new(&server).await;
    second.account.login("ada", &password(GOOD)).await.unwrap();

    let (one, two) = (
        first.account.session().unwrap(),
        second.account.session().unwrap(),
    );
    assert_eq!((one.user, one.name.as_str()), (two.user, two.name.as_str()));
    assert_eq!(two.name.as_str(), "Ada", "the name as it was registered");
    assert_eq!(first.account.identity_key(), second.account.identity_key());
    assert_ne!(one.device, two.device);
    assert_eq!(server.devices().len(), 2);
    assert_eq!(second.ask_who().await.unwrap(), one.user);
}

#[tokio::test(flavor = "current_thread")]
async fn a_session_survives_a_restart() {
    let server = Rc::new(FakeServer::new());
    let mut device = Device::new(&server).await;
    device.register("Ada").await.unwrap();
    let before = device.account.session();
    device.restart();
    assert_eq!(device.account.session(), before);
    device.ask_who().await.unwrap();
    assert_eq!(
        server.count("/api/v1/session/refresh"),
        0,
        "the stored token is still good"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_wrong_password_and_an_unknown_name_are_alike() {
    let server = Rc::new(FakeServer::new());
    Device::new(&server).await.register("Ada").await.unwrap();
    let device = Device::new(&server).await;
    for (name, typed) in [("Ada", "correct horse battery stapler"), ("Bob", GOOD)] {
        let refused = device.account.login(name, &password(typed)).await;
        assert!(matches!(refused, Err(AccountError::WrongCredentials)), "{name}");
    }
    assert!(device.account.session().is_none());
    assert!(device.store.session().unwrap().is_none());
}

#[tokio::test(flavor = "current_thread")]
async fn bad_names_and_weak_passwords_go_nowhere() {
    let server = Rc::new(FakeServer::new());
    let device = Device::new(&server).await;
    for name in ["a@b", "Brisk Magpie"] {
        assert!(matches!(device.register(name).await, Err(AccountError::Name(_))));
    }
    let weak = RegisterInput {
        name: "Ada".to_owned(),
        password: password("ada12345"),
        invitation: None,
        setup: None,
    };
    assert!(matches!(
        device.account.register(weak).await,
        Err(AccountError::Password(_))
    ));
    assert!(server.seen.borrow().is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn a_password_that_nobody_can_judge_is_not_taken() {
    let server = Rc::new(FakeServer::new());
    let device = Device::new(&server).await;
    device.platform.judges.set(false);
    let refused = device.register("Ada").await;
    assert!(matches!(refused, Err(AccountError::NoEstimate(_))), "{refused:?}");
    assert!(server.seen.borrow().is_empty());

    device.platform.judges.set(true);
    let key = device.register("Ada").await.unwrap();
    let other = Device::new(&server).await;
    other.platform.judges.set(false);
    let input = RecoverInput {
        name: "Ada".to_owned(),
        recovery_key: key,
        new_password: password("quite another battery staple"),
    };
    let refused = other.account.recover(input).await;
    assert!(matches!(refused, Err(AccountError::NoEstimate(_))), "{refused:?}");
    assert_eq!(server.count("/api/v1/recovery/finish"), 0);
    other.account.login("Ada", &password(GOOD)).await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_name_that_is_taken_is_told() {
    let server = Rc::new(FakeServer::new());
    Device::new(&server).await.register("Ada").await.unwrap();
    match Device::new(&server).await.register("ADA").await {
        Err(AccountError::Api(error)) => assert_eq!(error.code(), Some(ErrorCode::NameTaken)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_tampered_vault_stays_closed() {
    let server = Rc::new(FakeServer::new());
    Device::new(&server).await.register("Ada").await.unwrap();
    server.change("ada", |account| *account.vault.sealed.0.last_mut().unwrap() ^= 1);
    let device = Device::new(&server).await;
    let refused = device.account.login("Ada", &password(GOOD)).await;
    assert!(matches!(refused, Err(AccountError::Vault(VaultError::Closed))));
    assert_eq!(server.count("/api/v1/devices"), 0);
}

#[tokio::test(flavor = "current_thread")]
async fn a_server_that_swaps_key_vault_or_name_is_not_believed() {
    let lies: [fn(&FakeServer); 4] = [
        |server| server.change("ada", |account| account.identity_key = vec![9; 32].into()),
        |server| server.change("ada", |account| account.name = "Eve".parse().unwrap()),
        |server| {
            let other = server.accounts.borrow()["bob"].vault.clone();
            server.change("ada", |account| account.vault = other);
        },
        |server| {
            let other = server.accounts.borrow()["bob"].user;
            server.change("ada", |account| account.user = other);
        },
    ];
    for (number, lie) in lies.iter().enumerate() {
        let server = Rc::new(FakeServer::new());
        Device::new(&server).await.register("Ada").await.unwrap();
        Device::new(&server).await.register("Bob").await.unwrap();
        lie(&server);
        let device = Device::new(&server).await;
        let refused = device.account.login("Ada", &password(GOOD)).await;
        assert!(
            matches!(
                refused,
                Err(AccountError::ServerDisagrees | AccountError::Vault(VaultError::Closed))
            ),
            "lie {number}: {refused:?}"
        );
        assert_eq!(server.count("/api/v1/devices"), 0, "lie {number}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn tokens_are_renewed_before_they_end() {
    let server = Rc::new(FakeServer::new());
    let mut device = Device::new(&server).await;
    device.register("Ada").await.unwrap();
    let first = device.account.access_token().await.unwrap();
    device.pass(Duration::from_secs(530));
    assert_eq!(device.account.access_token().await.unwrap().token, first.token);
    device.pass(Duration::from_secs(20));
    let second = device.account.access_token().await.unwrap();
    assert_ne!(second.token, first.token);
    device.restart();
    assert_eq!(device.account.access_token().await.unwrap().token, second.token);
    device.ask_who().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn many_callers_renew_once() {
    let server = Rc::new(FakeServer::new());
    let device = Device::new(&server).await;
    device.register("Ada").await.unwrap();
    device.pass(Duration::from_hours(1));
    let callers = (0..10).map(|_| device.account.access_token());
    let tokens = futures::future::try_join_all(callers).await.unwrap();
    assert!(tokens.windows(2).all(|pair| pair[0].token == pair[1].token));
    assert_eq!(server.count("/api/v1/session/refresh"), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn a_lost_request_or_answer_is_made_good_with_the_same_refresh_token() {
    for fault in [Fault::RequestLost, Fault::AnswerLost] {
        let server = Rc::new(FakeServer::new());
        let mut device = Device::new(&server).await;
        device.register("Ada").await.unwrap();
        for round in 0..3 {
            device.pass(Duration::from_hours(1));
            server
                .fault
                .replace(Some(("/api/v1/session/refresh".to_owned(), fault)));
            assert!(
                matches!(device.account.access_token().await, Err(AccountError::Api(_))),
                "round {round}"
            );
            device.restart();
            device.ask_who().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_token_that_the_server_finds_too_old_is_renewed_and_the_call_made_again() {
    let server = Rc::new(FakeServer::new());
    let device = Device::new(&server).await;
    device.register("Ada").await.unwrap();
    let token = device.account.access_token().await.unwrap();
    server.refuse_access.borrow_mut().push(token.token.to_string());
    device.ask_who().await.unwrap();
    assert_eq!(server.count("/api/v1/session"), 2);
    assert_eq!(server.count("/api/v1/session/refresh"), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn after_a_revocation_the_same_user_goes_on_with_the_same_device() {
    let server = Rc::new(FakeServer::new());
    let mut device = Device::new(&server).await;
    device.register("Ada").await.unwrap();
    let before = device.account.session().unwrap();
    Device::new(&server).await.register("Bob").await.unwrap();
    server.revoke_all();

    assert!(matches!(device.ask_who().await, Err(AccountError::SessionEnded)));
    assert!(device.account.is_ended() && device.account.session().is_none());
    device.restart();
    assert!(device.account.is_ended(), "also after a restart");
    assert!(matches!(
        device.register("Eve").await,
        Err(AccountError::OtherAccount)
    ));
    let other = device.account.login("Bob", &password(GOOD)).await;
    assert!(matches!(other, Err(AccountError::OtherAccount)));

    device.account.login("Ada", &password(GOOD)).await.unwrap();
    assert_eq!(device.account.session().unwrap(), before);
    device.ask_who().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn logging_out_leaves_nothing_and_needs_the_server() {
    let server = Rc::new(FakeServer::new());
    let device = Device::new(&server).await;
    device.register("Ada").await.unwrap();
    let path = format!("/api/v1/devices/{}", device.account.session().unwrap().device);
    server.fault.replace(Some((path, Fault::RequestLost)));
    assert!(device.account.logout().await.is_err());
    assert!(device.account.session().is_some(), "still signed in");

    device.account.logout().await.unwrap();
    assert!(device.account.session().is_none() && !device.account.is_ended());
    assert!(device.store.session().unwrap().is_none());
    assert!(server.devices().is_empty());
    assert!(matches!(
        device.account.access_token().await,
        Err(AccountError::SignedOut)
    ));
    device.account.login("Ada", &password(GOOD)).await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn who_is_signed_in_is_not_replaced() {
    let server = Rc::new(FakeServer::new());
    let device = Device::new(&server).await;
    device.register("Ada").await.unwrap();
    assert!(matches!(
        device.register("Bob").await,
        Err(AccountError::SignedIn)
    ));
    let again = device.account.login("Ada", &password(GOOD)).await;
    assert!(matches!(again, Err(AccountError::SignedIn)));
}
