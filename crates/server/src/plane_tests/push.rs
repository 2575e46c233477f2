//! Web Push with a push service of the test's own, which opens what it gets.

use super::stream::Line;
use super::{Phone, Server, code};
use crate::Config;
use crate::clock::{Clock as _, ManualClock};
use axum::Router;
use axum::body::Bytes as Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use rand::rngs::OsRng;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use undertone_wire::limits::PUSH_CONVERSATIONS_MAX;
use undertone_wire::push::{
    PushInfo, PushQuietHours, PushSubscription, PushTestResponse, PushTestResult, PushWish, PushWishes,
};
use undertone_wire::stream::{Acknowledge, ClientFrame, ServerFrame};
use undertone_wire::{Bytes, ConversationId, ErrorCode};

const PATIENCE: Duration = Duration::from_secs(20);
const SUBSCRIPTION: &str = "/api/v1/push/subscription";
const WISHES: &str = "/api/v1/push/wishes";
const AUTH: [u8; 16] = [7; 16];

/// A push that a browser would get.
struct Push {
    to: String,
    headers: HeaderMap,
    sealed: Vec<u8>,
}

/// A push service for browsers that all have the same key.
struct Service {
    url: String,
    key: SecretKey,
    pushes: mpsc::UnboundedReceiver<Push>,
    answers: Answers,
}

/// What it answers next: a status, and perhaps `Retry-After`. When nothing is left, it takes everything.
type Answers = Arc<Mutex<VecDeque<(u16, Option<u32>)>>>;

async fn take(
    State((pushes, answers)): State<(mpsc::UnboundedSender<Push>, Answers)>,
    Path(to): Path<String>,
    headers: HeaderMap,
    sealed: Body,
) -> Response {
    let sealed = sealed.to_vec();
    drop(pushes.send(Push { to, headers, sealed }));
    let (status, wait) = answers.lock().unwrap().pop_front().unwrap_or((201, None));
    let status = StatusCode::from_u16(status).unwrap();
    let mut response = (status, [(header::LOCATION, "/elsewhere")]).into_response();
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

impl Service {
    async fn start() -> Self {
        let (sender, pushes) = mpsc::unbounded_channel();
        let answers = Answers::default();
        let router = Router::new()
            .route("/{to}", post(take))
            .with_state((sender, answers.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let key = SecretKey::random(&mut OsRng);
        Self {
            url,
            key,
            pushes,
            answers,
        }
    }

    fn subscription(&self, name: &str) -> PushSubscription {
        let point = self.key.public_key().to_encoded_point(false);
        PushSubscription {
            endpoint: format!("{}/{name}", self.url),
            p256dh: Bytes(point.as_bytes().to_vec()),
            auth: Bytes(AUTH.to_vec()),
        }
    }

    fn answer(&self, status: u16, wait: Option<u32>) {
        self.answers.lock().unwrap().push_back((status, wait));
    }

    async fn next(&mut self) -> Push {
        timeout(PATIENCE, self.pushes.recv())
            .await
            .expect("no push comes")
            .unwrap()
    }

    fn open(&self, push: &Push) -> Vec<u8> {
        web_push_native::decrypt(push.sealed.clone(), &self.key, &AUTH.into()).unwrap()
    }
}

/// Alice and Bob, who has a subscription, on a server whose clock stands.
struct Scene {
    server: Server,
    clock: Arc<ManualClock>,
    service: Service,
    alice: Phone,
    bob: Phone,
    id: ConversationId,
}

fn private(config: &mut Config) {
    config.push.private_endpoints = true;
}

/// Woken by Welcomes, and by these conversations.
fn everything(conversations: &[ConversationId]) -> PushWishes {
    let wish = |conversation: &ConversationId| PushWish {
        conversation: *conversation,
        not_before: None,
    };
    PushWishes {
        conversations: conversations.iter().map(wish).collect(),
        welcomes: true,
        quiet_hours: None,
    }
}

async fn scene() -> Scene {
    let mut service = Service::start().await;
    let (server, clock) = Server::start_still_with(private).await;
    let (mut alice, mut bob) = (server.register("alice").await, server.register("bob").await);
    bob.stock(&server, 3).await;
    server
        .put(&bob, SUBSCRIPTION, &service.subscription("bob"))
        .await
        .unwrap();
    server.put(&bob, WISHES, &everything(&[])).await.unwrap();
    let id = alice.begin(&server, bob.user).await;
    bob.join(&server.state.store.pending_welcomes(bob.device).await.unwrap()[0]);
    server.put(&bob, WISHES, &everything(&[id])).await.unwrap();
    assert_eq!(service.next().await.to, "bob", "for the Welcome");
    clock.advance(Duration::from_secs(30));
    Scene {
        server,
        clock,
        service,
        alice,
        bob,
        id,
    }
}

impl Scene {
    async fn subscribe(&self, phone: &Phone, name: &str) {
        let subscription = self.service.subscription(name);
        self.server.put(phone, SUBSCRIPTION, &subscription).await.unwrap();
        self.server
            .put(phone, WISHES, &everything(&[self.id]))
            .await
            .unwrap();
    }

    async fn alice_writes(&mut self) {
        let message = self.alice.write(self.id, "a secret");
        self.alice.send(&self.server, &message).await.unwrap();
    }

    async fn test(&self, phone: &Phone) -> PushTestResult {
        let answer: PushTestResponse = self.server.post(phone, "/api/v1/push/test", &()).await.unwrap();
        answer.result
    }

    /// Nothing was pushed but what the test saw: a push that is asked for is the next one.
    async fn nothing_else_came(&mut self) {
        assert_eq!(self.test(&self.bob).await, PushTestResult::Accepted);
        let push = self.service.next().await;
        assert_eq!(self.service.open(&push)[1], 1, "another came before");
    }
}

#[tokio::test]
async fn a_device_that_is_not_here_is_woken_and_told_nothing() {
    let mut scene = scene().await;
    let info: PushInfo = scene.server.get(&scene.bob, "/api/v1/push").await.unwrap();
    assert_eq!(info.public_key.len(), 65);
    scene.alice_writes().await;
    let push = scene.service.next().await;
    assert_eq!(push.to, "bob");
    let plain = scene.service.open(&push);
    assert_eq!((plain.len(), plain[0], plain[1]), (32, 1, 0));
    assert!(plain[2..].iter().all(|byte| *byte == 0));
    let header = |name: &str| push.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-encoding"), "aes128gcm");
    assert_eq!(header("ttl"), (7 * 24 * 3600).to_string());
    assert_eq!(header("urgency"), "high");
    assert_eq!(header("topic"), "undertone");
    let key = data_encoding::BASE64URL_NOPAD.encode(info.public_key.as_slice());
    let authorization = header("authorization");
    assert!(authorization.starts_with("vapid t=") && authorization.ends_with(&format!(", k={key}")));
    assert_eq!(scene.test(&scene.bob).await, PushTestResult::Accepted);
    let test = scene.service.next().await;
    assert_eq!(test.sealed.len(), push.sealed.len(), "all are of one size");
    assert_ne!(test.sealed, push.sealed);
    assert_eq!(scene.service.open(&test)[1], 1);
}

#[tokio::test]
async fn a_welcome_wakes_too() {
    let mut scene = scene().await;
    let carol = scene.server.register("carol").await;
    carol.stock(&scene.server, 3).await;
    scene.subscribe(&carol, "carol").await;
    scene.alice.begin(&scene.server, carol.user).await;
    assert_eq!(scene.service.next().await.to, "carol");
    scene.nothing_else_came().await;
}

#[tokio::test]
async fn a_device_is_not_woken_for_each_message() {
    let mut scene = scene().await;
    for _ in 0..3 {
        scene.alice_writes().await;
    }
    assert_eq!(scene.service.next().await.to, "bob");
    scene.alice_writes().await;
    scene.nothing_else_came().await;
    scene.clock.advance(Duration::from_secs(30));
    assert_eq!(scene.service.next().await.to, "bob", "for what came since");
    scene.nothing_else_came().await;
    let (line, _) = Line::connect(&scene.server, &scene.bob).await;
    drop(line);
    scene.gone().await;
    scene.alice_writes().await;
    assert_eq!(scene.service.next().await.to, "bob", "it was here since");
}

impl Scene {
    /// Waits until nobody is connected.
    async fn gone(&self) {
        let hub = self.server.state.delivery.hub();
        let leaving = async {
            while hub.connection_count() > 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, leaving).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_is_here_is_not_woken_until_the_connection_died_with_something_in_it() {
    let mut scene = scene().await;
    let (mut line, _) = Line::connect(&scene.server, &scene.bob).await;
    scene.alice_writes().await;
    let entry = loop {
        if let Some(ServerFrame::Entry(entry)) = line.hear().await {
            break entry;
        }
    };
    scene.the_job_has_looked("carol").await;
    let all = Acknowledge {
        conversation: scene.id,
        sequence: entry.sequence,
    };
    line.say(&ClientFrame::Acknowledge(all)).await;
    line.say(&ClientFrame::AcknowledgeWelcome(all)).await;
    scene.acknowledged().await;
    drop(line);
    scene.gone().await;
    scene.clock.advance(Duration::from_secs(6));
    scene.the_job_has_looked("dan").await;
    scene.nothing_else_came().await;
    let (line, _) = Line::connect(&scene.server, &scene.bob).await;
    scene.alice_writes().await;
    drop(line);
    scene.gone().await;
    let woken = async {
        loop {
            scene.clock.advance(Duration::from_secs(6));
            if let Ok(push) = timeout(Duration::from_millis(700), scene.service.pushes.recv()).await {
                return push.unwrap();
            }
        }
    };
    assert_eq!(timeout(PATIENCE, woken).await.unwrap().to, "bob");
}

impl Scene {
    /// Waits until the job has looked at all that happened: it wakes somebody new.
    async fn the_job_has_looked(&mut self, name: &str) {
        let newcomer = self.server.register(name).await;
        newcomer.stock(&self.server, 3).await;
        self.subscribe(&newcomer, name).await;
        self.alice.begin(&self.server, newcomer.user).await;
        assert_eq!(self.service.next().await.to, name, "another came before");
    }

    /// Waits until nothing waits for Bob.
    async fn acknowledged(&self) {
        let storing = async {
            while self
                .server
                .state
                .store
                .is_waited_for(self.bob.device, self.server.state.clock.now())
                .await
                .unwrap()
            {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, storing).await.unwrap();
    }
}

#[tokio::test]
async fn what_one_wrote_oneself_wakes_nobody() {
    let mut scene = scene().await;
    scene.subscribe(&scene.alice, "alice").await;
    scene.alice_writes().await;
    assert_eq!(scene.service.next().await.to, "bob");
    scene.nothing_else_came().await;
}

#[tokio::test]
async fn what_is_quiet_or_not_wished_for_wakes_nobody() {
    let mut scene = scene().await;
    let mut quiet = scene.alice.write(scene.id, "I have read this");
    quiet.quiet = true;
    scene.alice.send(&scene.server, &quiet).await.unwrap();
    scene.the_job_has_looked("carol").await;
    scene.nothing_else_came().await;

    let nothing = PushWishes::default();
    scene.server.put(&scene.bob, WISHES, &nothing).await.unwrap();
    scene.alice_writes().await;
    scene.the_job_has_looked("dan").await;
    scene.nothing_else_came().await;

    let mut muted = everything(&[scene.id]);
    let until = scene.clock.now().plus(Duration::from_mins(5));
    muted.conversations[0].not_before = Some(until);
    scene.server.put(&scene.bob, WISHES, &muted).await.unwrap();
    scene.alice_writes().await;
    scene.the_job_has_looked("erin").await;
    scene.nothing_else_came().await;
    scene.clock.advance(Duration::from_mins(5));
    scene.alice_writes().await;
    assert_eq!(scene.service.next().await.to, "bob");
}

#[tokio::test]
async fn wishes_beyond_their_limits_are_refused_and_change_nothing() {
    let mut scene = scene().await;
    let hours = |from_minute, to_minute| PushWishes {
        quiet_hours: Some(PushQuietHours {
            from_minute,
            to_minute,
        }),
        ..PushWishes::default()
    };
    let many = vec![scene.id; PUSH_CONVERSATIONS_MAX + 1];
    for bad in [hours(1440, 0), hours(0, 1440), hours(7, 7), everything(&many)] {
        let refused = scene.server.put(&scene.bob, WISHES, &bad).await;
        assert_eq!(code(refused), ErrorCode::BadRequest, "{:?}", bad.quiet_hours);
    }
    scene.alice_writes().await;
    assert_eq!(scene.service.next().await.to, "bob");
}

#[tokio::test]
async fn a_subscription_that_is_gone_is_forgotten() {
    let mut scene = scene().await;
    for status in [404, 410] {
        scene.service.answer(status, None);
        assert_eq!(scene.test(&scene.bob).await, PushTestResult::Gone);
        assert_eq!(scene.test(&scene.bob).await, PushTestResult::NotSubscribed);
        assert_eq!(scene.service.next().await.to, "bob");
        scene.subscribe(&scene.bob, "bob").await;
    }
    scene.service.answer(410, None);
    scene.alice_writes().await;
    scene.service.next().await;
    let forgetting = async {
        let store = &scene.server.state.store;
        while store.subscription(scene.bob.device).await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, forgetting).await.unwrap();
}

#[tokio::test]
async fn a_busy_push_service_is_asked_again_when_it_wants() {
    let mut scene = scene().await;
    scene.service.answer(429, Some(300));
    scene.alice_writes().await;
    assert_eq!(scene.service.next().await.to, "bob");
    // What was answered is noted a little later, so the wait may begin later, but not sooner.
    let mut waited = 0;
    let again = loop {
        if let Ok(push) = timeout(Duration::from_millis(1200), scene.service.pushes.recv()).await {
            break push.unwrap();
        }
        scene.clock.advance(Duration::from_secs(50));
        waited += 50;
    };
    assert_eq!(again.to, "bob");
    assert!((300..600).contains(&waited), "{waited}");
}

#[tokio::test]
async fn a_test_says_how_far_it_came() {
    let mut scene = scene().await;
    assert_eq!(scene.test(&scene.alice).await, PushTestResult::NotSubscribed);
    for status in [400, 403, 413, 301, 307, 500, 429] {
        scene.service.answer(status, None);
        assert_eq!(scene.test(&scene.bob).await, PushTestResult::Refused, "{status}");
        assert_eq!(scene.service.next().await.to, "bob", "no redirection is followed");
    }
    scene.server.delete(&scene.bob, SUBSCRIPTION).await.unwrap();
    assert_eq!(scene.test(&scene.bob).await, PushTestResult::NotSubscribed);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = PushSubscription {
        endpoint: format!("http://{}/bob", closed.local_addr().unwrap()),
        ..scene.service.subscription("bob")
    };
    drop(closed);
    scene
        .server
        .put(&scene.bob, SUBSCRIPTION, &nowhere)
        .await
        .unwrap();
    assert_eq!(scene.test(&scene.bob).await, PushTestResult::Unreachable);
}

#[tokio::test]
async fn nobody_is_woken_after_logging_out() {
    let mut scene = scene().await;
    scene.server.delete(&scene.bob, "/api/v1/session").await.unwrap();
    let store = &scene.server.state.store;
    assert_eq!(store.subscription(scene.bob.device).await.unwrap(), None);
    scene.subscribe(&scene.alice, "alice").await;
    scene.alice_writes().await;
    assert_eq!(scene.test(&scene.alice).await, PushTestResult::Accepted);
    assert_eq!(scene.service.next().await.to, "alice");
}

#[tokio::test]
async fn the_server_calls_nobody_in_its_own_network() {
    let mut service = Service::start().await;
    let server = Server::start().await;
    let bob = server.register("bob").await;
    let good = PushSubscription {
        endpoint: "https://push.example/bob".to_owned(),
        ..service.subscription("bob")
    };
    server.put(&bob, SUBSCRIPTION, &good).await.unwrap();
    for endpoint in [
        service.url.as_str(),
        "https://127.0.0.1/",
        "https://[::1]/",
        "http://push.example/",
        "",
    ] {
        let bad = PushSubscription {
            endpoint: endpoint.to_owned(),
            ..good.clone()
        };
        let refused = server.put(&bob, SUBSCRIPTION, &bad).await;
        assert_eq!(code(refused), ErrorCode::BadRequest, "{endpoint}");
    }
    for (p256dh, auth) in [
        (vec![4; 65], AUTH.to_vec()),
        (vec![], AUTH.to_vec()),
        (good.p256dh.0[..33].to_vec(), AUTH.to_vec()),
        (good.p256dh.0.clone(), vec![7; 15]),
        (good.p256dh.0.clone(), vec![7; 17]),
    ] {
        let bad = PushSubscription {
            p256dh: Bytes(p256dh),
            auth: Bytes(auth),
            ..good.clone()
        };
        assert_eq!(
            code(server.put(&bob, SUBSCRIPTION, &bad).await),
            ErrorCode::BadRequest
        );
    }
    let kept = server
        .state
        .store
        .subscription(bob.device)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.endpoint, good.endpoint, "what is bad changes nothing");
    let name = PushSubscription {
        endpoint: service.url.replace("http://127.0.0.1", "https://localhost"),
        ..good
    };
    server.put(&bob, SUBSCRIPTION, &name).await.unwrap();
    let answer: PushTestResponse = server.post(&bob, "/api/v1/push/test", &()).await.unwrap();
    assert_eq!(
        answer.result,
        PushTestResult::Unreachable,
        "the name is one of this machine"
    );
    assert!(service.pushes.try_recv().is_err());
}

#[tokio::test]
async fn a_server_that_wakes_nobody_says_so() {
    let server = Server::start_with(|config| config.push.enabled = false).await;
    let bob = server.register("bob").await;
    let refused = server.get::<PushInfo>(&bob, "/api/v1/push").await;
    assert_eq!(code(refused), ErrorCode::NotFound);
    let refused = server
        .post::<PushTestResponse>(&bob, "/api/v1/push/test", &())
        .await;
    assert_eq!(code(refused), ErrorCode::NotFound);
}
