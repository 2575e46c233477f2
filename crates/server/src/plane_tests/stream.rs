//! Connections over real sockets.

use super::{Phone, Server, Talk, talk};
use futures::{SinkExt, StreamExt};
use prometheus_client::metrics::counter::Counter;
use std::num::NonZeroU32;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use undertone_wire::conversation::LogEntry;
use undertone_wire::signal::Visibility;
use undertone_wire::stream::{
    Acknowledge, Authenticate, Authenticated, ClientFrame, FetchLog, Presence, ServerFrame,
};
use undertone_wire::{ConversationId, ErrorCode, PROTOCOL_VERSION, Sequence, codec};

const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Line(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Line {
    async fn open(server: &Server) -> Self {
        let url = server.running.loopback_url().replacen("http", "ws", 1) + "/api/v1/stream";
        Self(connect_async(url).await.unwrap().0)
    }

    pub(super) async fn connect(server: &Server, phone: &Phone) -> (Self, Authenticated) {
        let mut line = Self::open(server).await;
        line.say(&authenticate(&phone.token)).await;
        match line.hear().await {
            Some(ServerFrame::Authenticated(authenticated)) => (line, authenticated),
            other => panic!("{other:?}"),
        }
    }

    /// Tells everyone that the device is here, and waits until it is told.
    async fn show(&mut self) {
        self.say(&ClientFrame::Show(Visibility::Everyone)).await;
        self.say(&ClientFrame::Ping).await;
        assert_eq!(self.hear_news().await, ServerFrame::Pong);
    }

    /// Says that the Welcome of this conversation is stored: before, its founder is not told who is here.
    async fn accept(&mut self, conversation: ConversationId) {
        let sequence = Sequence(1);
        let up_to = Acknowledge {
            conversation,
            sequence,
        };
        self.say(&ClientFrame::AcknowledgeWelcome(up_to)).await;
    }

    pub(super) async fn say(&mut self, frame: &ClientFrame) {
        self.say_bytes(codec::to_cbor(frame).unwrap()).await;
    }

    async fn say_bytes(&mut self, bytes: Vec<u8>) {
        self.0.send(Message::Binary(bytes.into())).await.unwrap();
    }

    /// The next frame; nothing when the connection is closed.
    pub(super) async fn hear(&mut self) -> Option<ServerFrame> {
        loop {
            match timeout(PATIENCE, self.0.next())
                .await
                .expect("nothing is heard")?
            {
                Ok(Message::Binary(bytes)) => return Some(codec::from_cbor(&bytes).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next frame that is not about presence.
    pub(super) async fn hear_news(&mut self) -> ServerFrame {
        loop {
            match self.hear().await.expect("the connection is closed") {
                ServerFrame::Presence(_) => {}
                frame => return frame,
            }
        }
    }

    pub(super) async fn hear_entry(&mut self) -> LogEntry {
        match self.hear_news().await {
            ServerFrame::Entry(entry) => entry,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn hear_presence(&mut self) -> Presence {
        loop {
            if let ServerFrame::Presence(presence) = self.hear().await.expect("the connection is closed") {
                return presence;
            }
        }
    }

    /// The error with which the server ends the connection.
    pub(super) async fn hear_end(&mut self) -> ErrorCode {
        loop {
            if let ServerFrame::Error(error) = self.hear().await.expect("closed without a word") {
                assert_eq!(self.hear().await, None, "closed afterwards");
                return error.code;
            }
        }
    }
}

fn authenticate(token: &str) -> ClientFrame {
    ClientFrame::Authenticate(Authenticate {
        version: PROTOCOL_VERSION,
        access_token: token.to_owned(),
    })
}

#[tokio::test]
async fn two_people_talk() {
    let Talk {
        server,
        mut alice,
        mut bob,
        id,
    } = talk().await;
    let (mut hers, greeting) = Line::connect(&server, &alice).await;
    assert_eq!(
        (greeting.heads[0].conversation, greeting.heads[0].head),
        (id, Sequence(1))
    );
    assert!(greeting.presence.is_empty());
    hers.show().await;
    let (mut his, greeting) = Line::connect(&server, &bob).await;
    assert_eq!(
        greeting.presence,
        [Presence {
            user: alice.user,
            online: true
        }]
    );
    assert!(matches!(his.hear_news().await, ServerFrame::Welcome(welcome) if welcome.conversation == id));
    his.accept(id).await;
    his.show().await;
    assert_eq!(
        hers.hear_presence().await,
        Presence {
            user: bob.user,
            online: true
        }
    );

    let hello = alice.write(id, "hello");
    hers.say(&ClientFrame::Send(hello.clone())).await;
    let (mut accepted, mut echoed) = (None, None);
    for _ in 0..2 {
        match hers.hear_news().await {
            ServerFrame::Accepted(answer) => accepted = Some(answer),
            ServerFrame::Entry(entry) => echoed = Some(entry),
            other => panic!("{other:?}"),
        }
    }
    let (accepted, echoed) = (accepted.unwrap(), echoed.unwrap());
    assert_eq!(
        (accepted.sequence, accepted.counter),
        (Sequence(2), hello.counter)
    );
    let entry = his.hear_entry().await;
    assert_eq!(entry, echoed);
    assert_eq!((entry.sender, entry.sent_at), (alice.device, accepted.sent_at));
    assert_eq!(bob.read(id, &entry.payload), "hello");

    drop(his);
    assert_eq!(
        hers.hear_presence().await,
        Presence {
            user: bob.user,
            online: false
        }
    );
}

#[tokio::test]
async fn what_was_missed_is_fetched_and_acknowledged() {
    let Talk {
        server,
        mut alice,
        bob,
        id,
    } = talk().await;
    for text in ["one", "two", "three"] {
        let message = alice.write(id, text);
        alice.send(&server, &message).await.unwrap();
    }
    let (mut his, greeting) = Line::connect(&server, &bob).await;
    assert_eq!(greeting.heads[0].head, Sequence(4));
    assert!(matches!(his.hear_news().await, ServerFrame::Welcome(_)));
    let fetch = FetchLog {
        conversation: id,
        after: Sequence(1),
        limit: 2,
    };
    his.say(&ClientFrame::Fetch(fetch)).await;
    let ServerFrame::Log(page) = his.hear_news().await else {
        panic!()
    };
    assert_eq!(
        page.entries
            .iter()
            .map(|entry| entry.sequence.0)
            .collect::<Vec<_>>(),
        [2, 3]
    );
    let acknowledge = Acknowledge {
        conversation: id,
        sequence: Sequence(4),
    };
    his.say(&ClientFrame::AcknowledgeWelcome(acknowledge)).await;
    his.say(&ClientFrame::Acknowledge(acknowledge)).await;
    // Acknowledgements are gathered: the next greeting shows them, sooner or later.
    let deadline = async {
        loop {
            let (mut again, greeting) = Line::connect(&server, &bob).await;
            again.say(&ClientFrame::Ping).await;
            let is_welcomed = matches!(again.hear_news().await, ServerFrame::Welcome(_));
            if greeting.heads[0].cursor == Sequence(4) && !is_welcomed {
                break;
            }
        }
    };
    timeout(PATIENCE, deadline).await.unwrap();
    let elsewhere = FetchLog {
        conversation: ConversationId::from_bytes([1; 16]),
        ..fetch
    };
    his.say(&ClientFrame::Fetch(elsewhere)).await;
    let ServerFrame::Error(error) = his.hear_news().await else {
        panic!()
    };
    assert_eq!(
        (error.code, error.conversation),
        (ErrorCode::NotFound, Some(elsewhere.conversation))
    );
}

#[tokio::test]
async fn a_new_conversation_reaches_those_who_are_connected() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (server.register("alice").await, server.register("bob").await);
    bob.stock(&server, 1).await;
    let ((mut hers, _), (mut his, _)) = (
        Line::connect(&server, &alice).await,
        Line::connect(&server, &bob).await,
    );
    for line in [&mut hers, &mut his] {
        line.show().await;
    }
    let id = alice.begin(&server, bob.user).await;
    let echo = hers.hear_entry().await;
    assert_eq!((echo.conversation, echo.sequence), (id, Sequence(1)));
    let ServerFrame::Welcome(welcome) = his.hear_news().await else {
        panic!()
    };
    assert_eq!((welcome.sequence, welcome.sender), (Sequence(1), alice.device));
    his.accept(id).await;
    assert_eq!(
        hers.hear_presence().await,
        Presence {
            user: bob.user,
            online: true
        }
    );
    bob.join(&welcome);
    let hello = bob.write(id, "hello");
    his.say(&ClientFrame::Send(hello)).await;
    assert_eq!(alice.read(id, &hers.hear_entry().await.payload), "hello");
}

#[tokio::test]
async fn messages_of_one_connection_keep_their_order() {
    let Talk {
        server,
        mut alice,
        mut bob,
        id,
    } = talk().await;
    let ((mut hers, _), (mut his, _)) = (
        Line::connect(&server, &alice).await,
        Line::connect(&server, &bob).await,
    );
    assert!(matches!(his.hear_news().await, ServerFrame::Welcome(_)));
    let texts: Vec<String> = (0..60).map(|number| format!("message {number}")).collect();
    for text in &texts {
        let message = alice.write(id, text);
        hers.say(&ClientFrame::Send(message)).await;
    }
    for (sequence, text) in (2..).zip(&texts) {
        let entry = his.hear_entry().await;
        assert_eq!(entry.sequence, Sequence(sequence));
        assert_eq!(&bob.read(id, &entry.payload), text);
    }
}

#[tokio::test]
async fn refusals_name_what_was_refused() {
    let Talk {
        server,
        mut alice,
        mut bob,
        id,
    } = talk().await;
    let (mut hers, _) = Line::connect(&server, &alice).await;
    let update = bob.update(id);
    bob.submit(&server, &update).await.unwrap();
    assert_eq!(hers.hear_entry().await.sequence, Sequence(2));
    let late = alice.write(id, "late");
    hers.say(&ClientFrame::Send(late.clone())).await;
    let ServerFrame::Refused(refused) = hers.hear_news().await else {
        panic!()
    };
    assert_eq!((refused.conversation, refused.counter), (id, late.counter));
    assert_eq!(refused.error.code, ErrorCode::EpochStale);
    let stale = alice.update(id);
    hers.say(&ClientFrame::Commit(stale.clone())).await;
    let ServerFrame::Refused(refused) = hers.hear_news().await else {
        panic!()
    };
    assert_eq!(
        (refused.counter, refused.error.code),
        (stale.commit.counter, ErrorCode::CounterConflict)
    );
    hers.say(&ClientFrame::Ping).await;
    assert_eq!(
        hers.hear_news().await,
        ServerFrame::Pong,
        "the connection lives on"
    );
}

#[tokio::test]
async fn the_first_frame_must_authenticate() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let ends = async |frame: &ClientFrame| {
        let mut line = Line::open(&server).await;
        line.say(frame).await;
        line.hear_end().await
    };
    assert_eq!(ends(&ClientFrame::Ping).await, ErrorCode::Unauthorized);
    assert_eq!(ends(&authenticate("")).await, ErrorCode::Unauthorized);
    let mut forged = alice.token.clone();
    forged.pop();
    assert_eq!(ends(&authenticate(&forged)).await, ErrorCode::Unauthorized);
    let version = PROTOCOL_VERSION + 1;
    let later = ClientFrame::Authenticate(Authenticate {
        version,
        access_token: alice.token.clone(),
    });
    assert_eq!(ends(&later).await, ErrorCode::VersionUnsupported);
    assert_eq!(server.state.delivery.hub().connection_count(), 0);
    assert_eq!(server.state.metrics.turned_away.refused.get(), 4);
}

#[tokio::test]
async fn malformed_frames_end_the_connection() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let whole = codec::to_cbor(&ClientFrame::Ping).unwrap();
    let trailing = [whole.clone(), vec![0]].concat();
    for bytes in [
        vec![],
        vec![0xff; 50],
        whole[..whole.len() - 1].to_vec(),
        trailing,
    ] {
        let (mut line, _) = Line::connect(&server, &alice).await;
        line.say_bytes(bytes).await;
        assert_eq!(line.hear_end().await, ErrorCode::BadRequest);
    }
    let (mut line, _) = Line::connect(&server, &alice).await;
    line.0.send(Message::Text("{}".into())).await.unwrap();
    assert_eq!(line.hear_end().await, ErrorCode::BadRequest);
    let (mut line, _) = Line::connect(&server, &alice).await;
    // The server may close before all of it is sent.
    drop(
        line.0
            .send(Message::Binary(vec![0; 2 * 1024 * 1024 + 1].into()))
            .await,
    );
    assert_eq!(line.hear_end().await, ErrorCode::TooLarge);
    let counters = &server.state.metrics.turned_away;
    let counted = [&counters.malformed, &counters.too_large, &counters.refused].map(Counter::get);
    assert_eq!(counted, [5, 1, 0]);
}

#[tokio::test]
async fn a_page_of_another_site_is_refused() {
    let server = Server::start().await;
    let url = server.running.loopback_url().replacen("http", "ws", 1) + "/api/v1/stream";
    let mut request = url.into_client_request().unwrap();
    request
        .headers_mut()
        .insert("origin", "http://evil.example".parse().unwrap());
    let refused = connect_async(request).await.unwrap_err();
    let tokio_tungstenite::tungstenite::Error::Http(response) = refused else {
        panic!("{refused}")
    };
    assert_eq!(response.status().as_u16(), ErrorCode::OriginRefused.status());
}

#[tokio::test]
async fn a_revoked_device_is_cut_off() {
    let Talk { server, alice, .. } = talk().await;
    let (mut hers, _) = Line::connect(&server, &alice).await;
    let now = server.now();
    assert!(
        server
            .state
            .store
            .revoke_device(alice.user, alice.device, now)
            .await
            .unwrap()
    );
    server.state.delivery.hub().close_sessions_of(alice.device);
    let end = timeout(Duration::from_secs(2), hers.hear_end()).await.unwrap();
    assert_eq!(end, ErrorCode::SessionRevoked);
    let mut again = Line::open(&server).await;
    again.say(&authenticate(&alice.token)).await;
    assert_eq!(again.hear_end().await, ErrorCode::SessionRevoked);
}

#[tokio::test]
async fn authenticating_again_prolongs_the_connection() {
    let Talk {
        server,
        mut alice,
        bob,
        id,
    } = talk().await;
    let (mut hers, _) = Line::connect(&server, &alice).await;
    let message = alice.write(id, "hello");
    alice.send(&server, &message).await.unwrap();
    assert_eq!(hers.hear_entry().await.sequence, Sequence(2));
    hers.say(&authenticate(&alice.token)).await;
    let ServerFrame::Authenticated(again) = hers.hear_news().await else {
        panic!()
    };
    assert_eq!(again.heads[0].head, Sequence(2), "with fresh heads");
    hers.say(&authenticate(&bob.token)).await;
    assert_eq!(hers.hear_end().await, ErrorCode::Unauthorized);
}

#[tokio::test]
async fn too_many_connections_of_a_device_replace_the_oldest() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let (mut oldest, _) = Line::connect(&server, &alice).await;
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(Line::connect(&server, &alice).await.0);
    }
    assert_eq!(oldest.hear_end().await, ErrorCode::LimitReached);
    for line in &mut others {
        line.say(&ClientFrame::Ping).await;
        assert_eq!(line.hear_news().await, ServerFrame::Pong);
    }
}

#[tokio::test]
async fn a_server_that_stops_tells_its_clients() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let (mut line, _) = Line::connect(&server, &alice).await;
    server.state.delivery.hub().close_all();
    assert_eq!(line.hear_end().await, ErrorCode::Unavailable);
}

#[tokio::test]
async fn messages_are_limited_without_ending_the_connection() {
    let server = Server::start_with(|config| config.limit_scale = NonZeroU32::MIN).await;
    let (mut alice, mut bob) = (server.register("alice").await, server.register("bob").await);
    bob.stock(&server, 1).await;
    let id = alice.begin(&server, bob.user).await;
    bob.join(&server.state.store.pending_welcomes(bob.device).await.unwrap()[0]);
    let (mut hers, _) = Line::connect(&server, &alice).await;
    // Repeating one message costs the client nothing and counts like any other.
    let message = alice.write(id, "hello");
    let refused = loop {
        hers.say(&ClientFrame::Send(message.clone())).await;
        match hers.hear_news().await {
            ServerFrame::Refused(refused) => break refused,
            ServerFrame::Accepted(_) | ServerFrame::Entry(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        (refused.error.code, refused.counter),
        (ErrorCode::RateLimited, message.counter)
    );
    assert!(refused.error.retry_after_ms.is_some());
    assert!(server.state.delivery.hub().is_online(alice.user));
}

#[tokio::test]
async fn those_who_have_not_said_who_they_are_are_bounded() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let places = std::sync::Arc::clone(&server.state.unauthenticated);
    let all = u32::try_from(crate::stream::UNAUTHENTICATED_MAX).unwrap();
    let (_line, _) = Line::connect(&server, &alice).await;
    let taken = timeout(PATIENCE, places.acquire_many(all)).await;
    let taken = taken.expect("who is known gave the place back").unwrap();
    let url = server.running.loopback_url().replacen("http", "ws", 1) + "/api/v1/stream";
    match connect_async(&url).await {
        Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 503),
        other => panic!("{other:?}"),
    }
    drop(taken);
    let stranger = Line::open(&server).await;
    assert_eq!(places.available_permits() + 1, all as usize);
    drop(stranger);
    let all_back = timeout(PATIENCE, places.acquire_many(all)).await;
    drop(all_back.expect("a stranger who leaves gives it back").unwrap());
}

/// Waits for the real deadlines, which are part of the contract: 10 and 20 seconds.
#[tokio::test]
async fn who_is_not_heard_is_given_up() {
    let Talk {
        server,
        alice,
        bob,
        id,
    } = talk().await;
    let (mut hers, _) = Line::connect(&server, &alice).await;
    let (mut his, _) = Line::connect(&server, &bob).await;
    let mut stranger = Line::open(&server).await;
    his.hear_news().await;
    his.accept(id).await;
    his.show().await;
    assert_eq!(
        hers.hear_presence().await,
        Presence {
            user: bob.user,
            online: true
        }
    );
    let silent = async {
        // The stranger must speak first, and has less time.
        assert_eq!(wait_for_end(&mut stranger).await, ErrorCode::Unauthorized);
        assert_eq!(wait_for_end(&mut his).await, ErrorCode::BadRequest);
    };
    let offline = ServerFrame::Presence(Presence {
        user: bob.user,
        online: false,
    });
    let kept_up = async {
        let mut pings = tokio::time::interval(Duration::from_secs(5));
        loop {
            tokio::select! {
                _ = pings.tick() => hers.say(&ClientFrame::Ping).await,
                frame = hers.hear() => match frame.expect("the connection is closed") {
                    ServerFrame::Pong => {}
                    frame => break assert_eq!(frame, offline),
                }
            }
        }
    };
    tokio::join!(silent, kept_up);
}

/// [`Line::hear_end`] for one that has a deadline of its own.
async fn wait_for_end(line: &mut Line) -> ErrorCode {
    let limit = undertone_wire::limits::PING_DEADLINE + PATIENCE;
    let end = timeout(limit, async {
        while let Some(Ok(message)) = line.0.next().await {
            if let Message::Binary(bytes) = message
                && let ServerFrame::Error(error) = codec::from_cbor(&bytes).unwrap()
            {
                return error.code;
            }
        }
        panic!("closed without a word")
    });
    end.await.unwrap()
}
