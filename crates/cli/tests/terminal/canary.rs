//! An unmistakable sentence is sent; it must be nowhere on the server: not in its files, its memory,
//! its log or anything that it says. The same search finds leaks that are planted.

use crate::search::Secret;
use crate::wiretap::Wiretap;
use crate::world::{PASSWORD, Server};

const CANARY: &str = "the heron keeps the seventh key of the harbour";

#[test]
fn the_server_holds_nothing_that_was_written() {
    let server = Server::start_talkative();
    let wire = Wiretap::before(&server.url);
    let ada = server.first("Ada");
    let bob = Server::user_by(&wire.url, "Bob");
    // Bob is away: the message waits on the server.
    let sent = ada.ok(&["send", "Bob", CANARY]);
    let canary = Secret::new(CANARY);
    let password = Secret::new(PASSWORD);
    let search = |when: &str| {
        for secret in [&canary, &password] {
            assert_eq!(
                secret.find_in_folder(&server.data()).unwrap(),
                [],
                "{when}: files"
            );
            assert_eq!(
                secret.find_in_memory(server.process()).unwrap(),
                [],
                "{when}: memory"
            );
            assert_eq!(secret.find_in_bytes("wire", &wire.heard()), [], "{when}: wire");
        }
    };
    search("while it waits");

    assert_eq!(bob.texts(&["messages", "Ada"]), [CANARY], "Bob can read it");
    bob.ok(&["send", "Ada", &format!("{CANARY}, you say")]);
    assert_eq!(ada.texts(&["search", "heron"]).len(), 2);
    search("after it was read");

    // What was searched is what there is: the message id of the client, and the name that the server
    // may know, are where they should be.
    assert!(wire.heard().len() > 10_000, "the wire was heard");
    let known = Secret::new("POST /api/v1/registration/start");
    assert!(
        !known.find_in_bytes("wire", &wire.heard()).is_empty(),
        "the search finds what is said"
    );
    assert!(sent["message"].as_str().unwrap().len() > 40);
    assert!(
        server.data().join("log").metadata().unwrap().len() > 1000,
        "the log is talkative"
    );
}

#[test]
fn the_clients_store_is_encrypted_too() {
    let server = Server::start();
    let ada = server.first("Ada");
    server.user("Bob");
    ada.ok(&["send", "Bob", CANARY]);
    assert_eq!(Secret::new(CANARY).find_in_folder(&ada.path()).unwrap(), []);
}

#[test]
fn a_planted_leak_is_found() {
    let server = Server::start();
    let canary = Secret::new(CANARY);
    let leak = data_encoding::BASE64.encode(format!("a debug line: {CANARY}").as_bytes());
    std::fs::write(server.data().join("forgotten.tmp"), leak).unwrap();
    assert!(
        !canary.find_in_folder(&server.data()).unwrap().is_empty(),
        "in a file"
    );
    let here = canary.find_in_memory(std::process::id()).unwrap();
    assert!(
        !here.is_empty(),
        "in the memory of this process, which knows the sentence"
    );
}
