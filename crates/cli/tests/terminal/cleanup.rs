//! `undertone admin cleanup`, on the data of a server that was killed.

use crate::world::{Server, admin};
use serde_json::{Value, json};

/// Nobody else forgets while the server is down, so the counts are what this command did. It waits for a
/// real timer of the shortest length, five seconds.
#[test]
fn what_is_past_its_time_goes_at_once() {
    let mut server = Server::start();
    let ada = server.first("Ada");
    let bob = server.user("Bob");
    ada.ok(&["send", "Bob", "this stays"]);
    ada.ok(&["send", "Bob", "this goes", "--expires", "5s"]);
    server.kill();

    let data = server.data();
    let data = data.to_str().unwrap();
    let removed = loop {
        let said = admin(&["cleanup", "--data", data, "--json"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        let removed = said.lines().remove(0);
        if removed["messages"] != 0 {
            break removed;
        }
    };
    let nothing_else = [
        "log_entries",
        "welcomes",
        "knocks",
        "rooms",
        "guests",
        "key_packages",
        "files",
    ];
    assert_eq!(removed["messages"], 1);
    assert!(
        nothing_else.iter().all(|field| removed[*field] == json!(0)),
        "{removed}"
    );
    let again = admin(&["cleanup", "--data", data]);
    assert_eq!(again.out.trim(), "Nothing was past its time.");

    server.start_again();
    assert_eq!(bob.texts(&["messages", "Ada"]), ["this stays"]);
    // The server runs now, and is not in the way.
    let beside = admin(&["cleanup", "--data", data, "--json"]);
    assert_eq!(beside.lines()[0]["messages"], Value::from(0));
}

/// A file without a timer stays as long as the conversation's messages do.
#[test]
fn files_past_their_time_go_and_are_counted() {
    let mut server = Server::start();
    let ada = server.first("Ada");
    server.user("Bob");
    ada.ok(&["group", "create", "Crew", "--member", "Bob"]);
    ada.ok(&["group", "set", "Crew", "--retention", "5s"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tides.txt");
    std::fs::write(&file, "high at noon").unwrap();
    ada.ok(&["send", "Crew", "--file", file.to_str().unwrap()]);
    server.kill();
    let data = server.data();
    let cleanup = ["cleanup", "--data", data.to_str().unwrap(), "--json"];
    let removed = loop {
        let removed = admin(&cleanup).lines().remove(0);
        if removed["files"] != 0 {
            break removed;
        }
    };
    assert_eq!(removed["files"], 1);
}

#[test]
fn where_no_server_was_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let said = admin(&["cleanup", "--data", path, "--json"]);
    assert_eq!((said.code, said.error_code().as_str()), (Some(77), "not_started"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let missing = folder.path().join("missing");
    let said = admin(&["cleanup", "--data", missing.to_str().unwrap()]);
    assert_eq!(said.code, Some(77), "{said:?}");
    assert!(!missing.exists());
    let said = admin(&["cleanup", "--data", path, "--database", "mysql://here"]);
    assert_eq!(said.code, Some(78), "{said:?}");
}
