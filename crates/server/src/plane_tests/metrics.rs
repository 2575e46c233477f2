//! What happens on a server is counted, and nobody is in the numbers.

use super::{Server, Talk, code, talk_with};
use crate::metrics::tests::{nobody_is_in, value};
use axum::http::header::CONTENT_TYPE;
use std::net::{Ipv4Addr, SocketAddr};
use undertone_wire::ErrorCode;
use undertone_wire::blob::CreateBlobRequest;
use undertone_wire::{BlobId, blob::BlobResponse};

async fn scrape(server: &Server) -> String {
    let address = server.running.metrics_address().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = |path: &str| format!("http://{address}{path}");
    let answer = client.get(url("/metrics")).send().await.unwrap();
    let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let elsewhere = client.get(url("/api/v1/server")).send().await.unwrap();
    assert_eq!(elsewhere.status(), 404, "nothing else is answered there");
    answer.text().await.unwrap()
}

#[tokio::test]
async fn what_happens_is_counted_and_nobody_is_in_it() {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let on_loopback = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let Talk {
        server,
        mut alice,
        mut bob,
        id,
    } = talk_with(|config| config.metrics.listen = on_loopback).await;
    let before = scrape(&server).await;
    let canary = "canary-in-a-message";
    let registration = server.state.delivery.register(bob.user, bob.device);
    let crowd = server.state.store.crowd(id).await.unwrap().unwrap();
    registration.place.follow([(id, crowd)]);
    for _ in 0..3 {
        let message = alice.write(id, canary);
        alice.send(&server, &message).await.unwrap();
    }
    let update = bob.update(id);
    bob.submit(&server, &update).await.unwrap();
    let late = alice.write(id, "too late");
    assert_eq!(code(alice.send(&server, &late).await), ErrorCode::EpochStale);
    let place = CreateBlobRequest {
        blob: BlobId::from_bytes([1; 16]),
        conversation: id,
        size: 1000,
        expires_after_seconds: None,
    };
    let placed: BlobResponse = server.post(&alice, "/api/v1/blobs", &place).await.unwrap();
    let text = scrape(&server).await;
    let grown = |name: &str| value(&text, name) - value(&before, name);
    for (name, by) in [
        // The messages and the commit.
        ("undertone_deliveries_total", 4.0),
        ("undertone_delivery_seconds_count", 4.0),
        ("undertone_epochs_refused_total", 1.0),
        ("undertone_connections", 1.0),
        ("undertone_requests_total", 6.0),
        ("undertone_request_failures_total", 0.0),
    ] {
        assert!(
            (grown(name) - by).abs() < f64::EPSILON,
            "{name} grew by {}",
            grown(name)
        );
    }
    assert!(grown("undertone_commit_batch_messages_sum") >= 4.0);
    assert!(grown("undertone_waiting_bytes") > 0.0, "nobody took what waits");
    let people = [
        alice.user.to_string(),
        bob.user.to_string(),
        alice.device.to_string(),
    ];
    let others = [id.to_string(), placed.blob.to_string(), canary.to_owned()];
    let names = ["alice".to_owned(), "bob".to_owned(), alice.token.clone()];
    let somebody: Vec<&str> = people
        .iter()
        .chain(&others)
        .chain(&names)
        .map(String::as_str)
        .collect();
    nobody_is_in(&text, &somebody);
}
