//! What the log never has: addresses, names, tokens, passwords, user agents.

use super::world::{PASSWORD, World};
use crate::store::suite::TestStore;
use axum::body::Body;
use axum::http::{Method, Request, header};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::fmt::MakeWriter;
use undertone_wire::server_info::RegistrationPolicy;

/// What was logged.
#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Logs everything here.
    pub(crate) fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(self.clone())
            .with_ansi(false)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
            .finish()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

async fn a_life(world: &World) -> Vec<String> {
    let root = world
        .make_administrator("rumpelstilzchen", RegistrationPolicy::Open)
        .await
        .unwrap();
    let login = world.log_in("rumpelstilzchen", PASSWORD).await.unwrap();
    drop(world.log_in("rumpelstilzchen", b"wrong").await);
    let next = world.refresh(&root, &root.grant.refresh_token).await.unwrap();
    world.refresh(&root, &next.refresh_token).await.unwrap();
    world.refresh(&root, &root.grant.refresh_token).await.unwrap_err();
    world.get("/api/v1/people?query=rumpel", &root).await;
    let request = Request::builder()
        .method(Method::GET)
        .uri("/api/v1/server?secret=query");
    let request = request
        .header(header::USER_AGENT, "TellTale/1.0")
        .header("x-forwarded-for", "198.51.100.99");
    world.send(request.body(Body::empty()).unwrap()).await;
    vec![
        "rumpel".to_owned(),
        "203.0.113".to_owned(),
        "198.51.100".to_owned(),
        "TellTale".to_owned(),
        "secret=query".to_owned(),
        world.setup_token.clone(),
        root.grant.access_token.clone(),
        root.grant.refresh_token.clone(),
        login.ticket,
        root.grant.user.to_string(),
        root.grant.device.to_string(),
        String::from_utf8(PASSWORD.to_vec()).unwrap(),
    ]
}

#[tokio::test]
async fn the_log_tells_on_nobody() {
    let captured = Captured::default();
    let subscriber = captured.subscriber();
    let never = async {
        let world = World::new(TestStore::sqlite().await).await;
        a_life(&world).await
    }
    .with_subscriber(subscriber)
    .await;
    let log = captured.text();
    assert!(log.contains("handler.login.start"), "the search sees the log");
    assert!(log.contains("an old refresh token was used"));
    for text in never {
        assert!(!log.contains(&text), "the log has {text}");
    }
}
