//! What others send is hostile, on real sockets: connections that say nothing or too slowly, heads and bodies
//! beyond the limits, compressed ones, and thousands that go at once. Nobody else notices.

use super::stream::Line;
use super::{Server, Talk, talk};
use futures::future::join_all;
use std::process::Command;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};
use undertone_wire::limits::{BODY_BYTES_MAX, HTTP_IDLE_MAX};
use undertone_wire::stream::{ClientFrame, ServerFrame};

const PATIENCE: Duration = Duration::from_secs(20);
/// Connections that end at once.
const CROWD: usize = 5_000;
/// As many as a device may have.
const CONNECTIONS_OF_A_DEVICE: usize = 4;
/// Connections that are made at the same time.
const AT_A_TIME: usize = 50;
/// Descriptors beside those of the crowd, which has two for each connection: both ends are here.
const OTHER_DESCRIPTORS: usize = 500;

async fn connect(server: &Server) -> TcpStream {
    let address = server.running.loopback_url().replacen("http://", "", 1);
    TcpStream::connect(address).await.unwrap()
}

/// What the server says to these bytes until it ends the connection.
async fn answer(server: &Server, request: &[u8]) -> String {
    let mut stream = connect(server).await;
    // It may answer and end before all of it was sent.
    drop(stream.write_all(request).await);
    let mut said = Vec::new();
    drop(
        timeout(PATIENCE, stream.read_to_end(&mut said))
            .await
            .expect("it stays open"),
    );
    String::from_utf8_lossy(&said).into_owned()
}

/// The status with which the server answers, and that it ends the connection or goes on.
async fn status(server: &Server, head: &str, body: &[u8]) -> u16 {
    let mut request = format!("{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes();
    request.extend_from_slice(body);
    let said = answer(server, &request).await;
    let status = said.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no status in {said:?}"))
}

/// Waits for the real deadline, which is part of the contract.
#[tokio::test]
async fn who_says_nothing_or_too_little_is_hung_up_on() {
    let server = Server::start().await;
    let beginnings: [&[u8]; 5] = [
        b"",
        b"P",
        b"PRI * HTTP/2.0\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
        b"POST /api/v1/login/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nX-Slow: ",
    ];
    let ends = beginnings.map(async |beginning: &[u8]| {
        let mut stream = connect(&server).await;
        stream.write_all(beginning).await.unwrap();
        let ended = timeout(HTTP_IDLE_MAX + PATIENCE, stream.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "{:?} may wait", String::from_utf8_lossy(beginning));
    });
    // One more drips: each byte in time, and never all.
    let drips = async {
        let mut stream = connect(&server).await;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
            .await
            .unwrap();
        let mut ticks = interval(Duration::from_secs(1));
        let (mut reader, mut writer) = stream.split();
        let dripping = async {
            loop {
                ticks.tick().await;
                if writer.write_all(b"x").await.is_err() {
                    return;
                }
            }
        };
        let mut heard = Vec::new();
        let listening = reader.read_to_end(&mut heard);
        let ended = timeout(HTTP_IDLE_MAX + PATIENCE, async {
            tokio::select! { () = dripping => {}, _ended = listening => {} }
        });
        assert!(ended.await.is_ok(), "who drips may drip for ever");
    };
    tokio::join!(join_all(ends), drips);
    assert_eq!(status(&server, "GET /healthz HTTP/1.1", b"").await, 200);
}

#[tokio::test]
async fn heads_and_bodies_beyond_the_limits_are_refused_before_they_are_read() {
    let server = Server::start().await;
    let endless = format!("GET /healthz HTTP/1.1\r\nX-Long: {}", "x".repeat(1024 * 1024));
    assert_eq!(status(&server, &endless, b"").await, 431);
    let many: Vec<_> = (0..1000).map(|number| format!("\r\nX-{number}: y")).collect();
    let many = format!("GET /healthz HTTP/1.1{}", many.concat());
    assert_eq!(status(&server, &many, b"").await, 431);
    let body = |length: usize| {
        format!(
            "POST /api/v1/login/start HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {length}"
        )
    };
    // It is never sent, and the answer comes all the same.
    assert_eq!(status(&server, &body(BODY_BYTES_MAX + 1), b"").await, 413);
    let garbage = vec![b'['; 100_000];
    assert_eq!(status(&server, &body(garbage.len()), &garbage).await, 400);
    assert_eq!(status(&server, "GET /healthz HTTP/1.1", b"").await, 200);
}

/// A gzip file that would be four megabytes of zeros.
fn bomb() -> Vec<u8> {
    // A stored block would be as long as what it holds; this is its head alone, which nobody must act upon.
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bomb.extend_from_slice(&[
        0xed, 0xc1, 0x01, 0x01, 0, 0, 0, 0x80, 0x90, 0xfe, 0xaf, 0xee, 0x08, 0x0a,
    ]);
    bomb
}

#[tokio::test]
async fn nothing_compressed_is_unpacked() {
    let server = Server::start().await;
    let bomb = bomb();
    for encoding in ["gzip", "br", "zstd", "deflate"] {
        let head = format!(
            "POST /api/v1/login/start HTTP/1.1\r\nContent-Type: application/json\r\nContent-Encoding: {encoding}\r\nContent-Length: {}",
            bomb.len()
        );
        assert_eq!(status(&server, &head, &bomb).await, 400, "{encoding}");
    }
    // A WebSocket is not compressed even if somebody offers it, and a frame that says so ends it.
    let mut stream = connect(&server).await;
    let offer = "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                 Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    stream.write_all(offer.as_bytes()).await.unwrap();
    let mut said = [0; 2048];
    let length = timeout(PATIENCE, stream.read(&mut said)).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&said[..length]).to_lowercase();
    assert!(said.starts_with("http/1.1 101"), "{said}");
    assert!(!said.contains("extensions"), "{said}");
    // Final, compressed, binary; masked, four bytes.
    stream
        .write_all(&[0xc2, 0x84, 1, 2, 3, 4, 9, 9, 9, 9])
        .await
        .unwrap();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok(), "it takes compressed frames");
}

/// Whether this process may have so many descriptors, which it tries to be allowed.
fn descriptors(wanted: usize) -> bool {
    let process = std::process::id().to_string();
    let raised = Command::new("prlimit")
        .args(["--pid", &process, &format!("--nofile={wanted}:")])
        .output();
    raised.is_ok_and(|raised| raised.status.success())
}

/// Says something, and waits for the answer.
async fn is_heard(line: &mut Line) {
    line.say(&ClientFrame::Ping).await;
    while line.hear_news().await != ServerFrame::Pong {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_connections_end_at_once_and_nobody_else_notices() {
    if !descriptors(2 * CROWD + OTHER_DESCRIPTORS) {
        println!("skipped: this process may not open twice {CROWD} connections");
        return;
    }
    let Talk {
        server,
        mut alice,
        bob,
        id,
    } = talk().await;
    let (mut hers, _) = Line::connect(&server, &alice).await;
    let (mut his, _) = Line::connect(&server, &bob).await;
    let mut phones = Vec::new();
    for number in 0..CROWD / CONNECTIONS_OF_A_DEVICE {
        phones.push(server.register(&format!("crowd{number}")).await);
    }
    let mut crowd = Vec::new();
    for phones in phones.chunks(AT_A_TIME) {
        let lines = phones.iter().map(async |phone| {
            let lines = (0..CONNECTIONS_OF_A_DEVICE).map(|_| Line::connect(&server, phone));
            join_all(lines)
                .await
                .into_iter()
                .map(|(line, _)| line)
                .collect::<Vec<_>>()
        });
        crowd.extend(join_all(lines).await);
        // The others are heard of meanwhile, or they would be given up.
        for line in [&mut hers, &mut his] {
            is_heard(line).await;
        }
    }
    let hub = server.state.delivery.hub();
    assert!(hub.connection_count() > CROWD / 2, "{}", hub.connection_count());
    drop(crowd);
    for number in 0..20 {
        let message = alice.write(id, &format!("line {number}"));
        hers.say(&ClientFrame::Send(message)).await;
        let entry = timeout(PATIENCE, his.hear_entry())
            .await
            .expect("he hears nothing");
        assert_eq!(entry.conversation, id);
    }
    let forgotten = async {
        while hub.connection_count() > 2 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, forgotten)
        .await
        .expect("those who went are remembered");
    // Whoever comes now is let in.
    let again = phones.iter().take(AT_A_TIME).map(async |phone| {
        let (mut line, _) = Line::connect(&server, phone).await;
        is_heard(&mut line).await;
    });
    join_all(again).await;
}
