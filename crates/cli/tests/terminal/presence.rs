//! Who is here and who is writing, as `watch` tells it, and who does not want to be seen.

use crate::world::{Profile, Server};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Child, Command, Stdio};

/// Somebody at the full screen, who types into a terminal.
struct Typist(Child);

impl Typist {
    fn at(profile: &Profile) -> Self {
        let chat = profile.command(&["chat"]);
        let words: Vec<_> = [chat.get_program()].into_iter().chain(chat.get_args()).collect();
        let words: Vec<_> = words
            .iter()
            .map(|word| format!("'{}'", word.to_str().unwrap()))
            .collect();
        let session = format!("stty rows 24 cols 80; {}", words.join(" "));
        let child = Command::new("script")
            .args(["--quiet", "--return", "--command", &session, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn types(&mut self, keys: &str) {
        let terminal = self.0.stdin.as_mut().unwrap();
        terminal.write_all(keys.as_bytes()).unwrap();
        terminal.flush().unwrap();
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Whether somebody is there now.
fn came(event: &Value) -> bool {
    event["event"] == "presence" && event["online"] == json!(true)
}

#[test]
fn who_is_writing_is_told_until_they_cease() {
    let server = Server::start();
    let (ada, bob) = (server.first("Ada"), server.user("Bob"));
    ada.ok(&["send", "Bob", "hello"]);
    bob.ok(&["accept", "Ada"]);
    bob.ok(&["send", "Ada", "hello to you"]);
    let watch = bob.watch();
    watch.next("ready");
    let mut typist = Typist::at(&ada);
    // What is typed before she is connected tells nobody anything.
    while !came(&watch.next("presence")) {}
    typist.types("/open Bob\rI am wri");
    let typing = watch.next("typing");
    assert_eq!(
        (&typing["names"], &typing["title"]),
        (&json!(["Ada"]), &json!("Ada"))
    );
    typist.types("ting\r");
    assert_eq!(watch.next("message")["text"], "I am writing");
    let typing = watch.next("typing");
    assert_eq!(typing["names"], json!([]), "she ceased when she sent it");
    typist.types("\u{3}");
    assert_eq!(typist.0.wait().unwrap().code(), Some(0));
}

#[test]
fn who_shows_themselves_to_nobody_is_not_seen_and_can_write() {
    let server = Server::start();
    let (ada, bob) = (server.first("Ada"), server.user("Bob"));
    ada.ok(&["send", "Bob", "hello"]);
    bob.ok(&["accept", "Ada"]);
    assert_eq!(ada.ok(&["visibility", "nobody"]), json!({"visible_to": "nobody"}));
    let watch = bob.watch();
    watch.next("ready");
    let hidden = ada.watch();
    hidden.next("ready");
    hidden.terminate();
    ada.ok(&["send", "Bob", "you did not see me coming"]);
    let events = watch.up_to("message");
    assert!(!events.iter().any(came), "{events:?}");
    assert_eq!(
        ada.ok(&["visibility", "everyone"]),
        json!({"visible_to": "everyone"})
    );
    let shown = ada.watch();
    while !came(&watch.next("presence")) {}
    shown.terminate();
}
