//! Files from one terminal to another.

use crate::world::Server;
use serde_json::json;

#[test]
fn files_go_along_and_are_saved_under_names_that_replace_nothing() {
    let server = Server::start();
    let (ada, bob) = (server.first("Ada"), server.user("Bob"));
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let large: Vec<u8> = (0..3_000_000_u32).map(|at| (at * 7 % 253) as u8).collect();
    std::fs::write(path("plan.zip"), &large).unwrap();
    std::fs::write(path("note.txt"), "hello").unwrap();

    let sent = ada.ok(&[
        "send",
        "Bob",
        "for you",
        "--file",
        &path("plan.zip"),
        "--file",
        &path("note.txt"),
    ]);
    let alone = ada.ok(&["send", "Bob", "--file", &path("note.txt")]);
    let got = bob.lines(&["messages", "Ada"]);
    assert_eq!(got[0]["text"], "for you");
    assert_eq!(
        got[0]["files"],
        json!([
            {"name": "plan.zip", "media_type": "application/zip", "size": 3_000_000, "kind": "other"},
            {"name": "note.txt", "media_type": "text/plain", "size": 5, "kind": "other"},
        ])
    );
    assert_eq!(
        (&got[1]["message"], &got[1]["text"]),
        (&alone["message"], &json!(""))
    );

    let id = sent["message"].as_str().unwrap();
    let target = tempfile::tempdir().unwrap();
    let to = target.path().to_str().unwrap();
    std::fs::write(target.path().join("note.txt"), "mine").unwrap();
    let saved = bob.lines(&["save", id, "--to", to]);
    let expected = [target.path().join("plan.zip"), target.path().join("note (2).txt")];
    assert_eq!(saved[0], json!({"path": expected[0], "size": 3_000_000}));
    assert_eq!(saved[1]["path"], json!(expected[1]));
    assert_eq!(std::fs::read(&expected[0]).unwrap(), large);
    assert_eq!(std::fs::read(&expected[1]).unwrap(), b"hello");
    assert_eq!(std::fs::read(target.path().join("note.txt")).unwrap(), b"mine");

    let plain = ada.ok(&["send", "Bob", "words alone"]);
    let plain = plain["message"].as_str().unwrap();
    assert_eq!(bob.fails(&["save", plain]), (1, "no_files".to_owned()));
    let missing = ada.fails(&["send", "Bob", "--file", &path("missing")]);
    assert_eq!(missing, (1, "file_unreadable".to_owned()));
    assert_eq!(ada.run(&["send", "Bob"]).code, Some(2), "neither text nor file");
}
