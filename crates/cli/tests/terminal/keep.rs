//! What people keep outside the profile: exports, and transcripts, which may be encrypted.

use crate::world::{Profile, Server};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files
}

fn plain(profile: &Profile, args: &[&str]) -> String {
    let output = profile.command(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_conversation_is_exported_as_text_and_as_json() {
    let server = Server::start();
    let ada = server.first("Ada");
    let bob = server.user("Bob");
    ada.ok(&["dm", "bob"]);
    ada.ok(&["send", "bob", "hello **Bob**\nand a second line"]);
    bob.ok(&["send", "ada", "\u{1b}[2J\u{202e}evil"]);
    ada.ok(&["send", "bob", "gone soon", "--expires", "1h"]);

    let text = plain(&bob, &["export", "ada"]);
    assert!(text.starts_with("Ada\nTimes are UTC.\n\n["), "{text}");
    assert!(
        text.contains("] Ada: hello **Bob**\n    and a second line\n"),
        "{text}"
    );
    assert!(text.contains("] Bob: [2Jevil\n"), "{text}");
    assert!(
        text.contains("(a message that vanishes)") && !text.contains("gone soon"),
        "{text}"
    );

    let json: Value = serde_json::from_str(&plain(&bob, &["export", "ada", "--format", "json"])).unwrap();
    let messages = json["messages"].as_array().unwrap();
    assert_eq!(json["title"], "Ada");
    assert_eq!(messages[0]["text"], "hello **Bob**\nand a second line");
    assert_eq!(
        (&messages[2]["vanishes"], messages[2].get("text")),
        (&Value::Bool(true), None)
    );

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.txt");
    let path = path.to_str().unwrap();
    plain(&bob, &["export", "ada", "--output", path]);
    assert_eq!(std::fs::read_to_string(path).unwrap(), text);
    let again = bob.run(&["export", "ada", "--output", path]);
    assert_eq!(
        (again.code, again.error_code().as_str()),
        (Some(1), "file_unwritable")
    );
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        text,
        "nothing is written over"
    );
    assert_eq!(
        bob.fails(&["export", "nobody"]),
        (1, "unknown_conversation".to_owned())
    );
}

#[test]
fn a_session_is_written_down_for_who_asks() {
    let server = Server::start();
    let ada = server.first("Ada");
    let bob = server.user("Bob");
    ada.ok(&["dm", "bob"]);
    bob.ok(&["send", "ada", "before the session"]);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let watch = bob.watch_with(&["--log", log.to_str().unwrap()]);
    watch.next("ready");
    ada.ok(&["send", "bob", "in the session"]);
    while watch.next("message")["text"] != "in the session" {}
    assert_eq!(watch.terminate(), Some(0));
    let found = files(&log);
    assert_eq!(found.len(), 1, "{found:?}");
    let name = found[0].file_name().unwrap().to_str().unwrap();
    assert!(
        name.contains("-Ada-") && found[0].extension() == Some("txt".as_ref()),
        "{name}"
    );
    let text = std::fs::read_to_string(&found[0]).unwrap();
    assert!(
        text.contains("] Ada: in the session\n") && !text.contains("before"),
        "{text}"
    );
}

#[test]
fn an_encrypted_transcript_opens_with_its_passphrase_alone() {
    let server = Server::start();
    let ada = server.first("Ada");
    let bob = server.user("Bob");
    ada.ok(&["dm", "bob"]);
    let folder = tempfile::tempdir().unwrap();
    let (log, passphrase) = (folder.path().join("log"), folder.path().join("passphrase"));
    std::fs::write(&passphrase, "quiet lanterns\n").unwrap();
    let args = [
        "--log",
        log.to_str().unwrap(),
        "--log-passphrase-file",
        passphrase.to_str().unwrap(),
    ];
    let watch = bob.watch_with(&args);
    watch.next("ready");
    ada.ok(&["send", "bob", "for us alone"]);
    while watch.next("message")["text"] != "for us alone" {}
    assert_eq!(watch.terminate(), Some(0));
    let found = files(&log);
    let sealed = std::fs::read(&found[0]).unwrap();
    assert!(found[0].extension() == Some("age".as_ref()));
    assert!(!sealed.windows(4).any(|window| window == b"alon"));
    let open = |passphrase: &str| {
        let identity = age::scrypt::Identity::new(passphrase.to_owned().into());
        age::decrypt(&identity, &sealed)
    };
    let text = String::from_utf8(open("quiet lanterns").unwrap()).unwrap();
    assert!(text.contains("] Ada: for us alone\n"), "{text}");
    assert!(open("another").is_err());
}
