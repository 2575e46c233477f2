//! What groups and rooms permit, from the terminal: what is shown to those who come, what holds people back,
//! and what ends.

use crate::wiretap::Wiretap;
use crate::world::{Profile, Server};
use serde_json::{Value, json};

/// A guest, who comes by a link.
fn guest(url: &str, name: &str, link: &str) -> Profile {
    let profile = Profile::new();
    profile.ok(&["guest", "--nickname", name, "--server", url]);
    profile.ok(&["room", "join", link]);
    profile
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {value}"))
}

#[test]
fn what_a_room_permits_is_shown_to_those_who_come() {
    let server = Server::start();
    let ada = server.first("Ada");
    let terms = [
        "--capacity",
        "30",
        "--slow",
        "10s",
        "--timer",
        "1d",
        "--history",
        "50",
        "--retention",
        "2h",
        "--expires",
        "3h",
    ];
    let room = ada.ok(&[&["room", "create", "Harbour"][..], &terms].concat());
    let link = text(&room, "link");
    let lines = [
        "Messages vanish 1d after they were sent",
        "Those who join get the last 50 messages",
        "The server keeps what nobody fetched for 2h",
        "Slow mode: 10s between two messages",
    ];
    let holds = |info: &Value| {
        assert_eq!(
            (
                &info["capacity"],
                &info["timer"],
                &info["history"],
                &info["slow_mode_seconds"],
                &info["retention_seconds"]
            ),
            (
                &json!(30),
                &json!({"after_sent": 86_400}),
                &json!({"messages": 50}),
                &json!(10),
                &json!(7200)
            ),
            "{info}"
        );
    };

    let stranger = Profile::new();
    let look = ["room", "info", link, "--server", &server.url];
    let door = stranger.ok(&look);
    holds(&door);
    assert!(
        door["expires_at"].is_string() && door["picture"] == false,
        "{door}"
    );
    let (said, _) = stranger.says(&look);
    let end = format!("Ends at {}", text(&door, "expires_at"));
    for line in ["1 of at most 30 people", &end].into_iter().chain(lines) {
        assert!(said.lines().any(|said| said == line), "no {line:?} in {said}");
    }

    let (eve, bob) = (Profile::new(), server.user("Bob"));
    eve.ok(&["guest", "--nickname", "Eve", "--server", &server.url]);
    let (said, _) = eve.says(&["room", "join", link]);
    for line in ["2 of at most 30 people"].into_iter().chain(lines) {
        assert!(said.lines().any(|said| said == line), "no {line:?} in {said}");
    }
    holds(&eve.ok(&["room", "info", "Harbour"]));

    // Who waits at the door reads the same.
    ada.ok(&["room", "set", "Harbour", "--knock", "on"]);
    let waiting = bob.ok(&["room", "join", link]);
    assert_eq!(waiting["waiting"], json!(true));
    holds(&waiting);
}

#[test]
fn slow_mode_holds_back_and_says_for_how_long() {
    let server = Server::start();
    let ada = server.first("Ada");
    let room = ada.ok(&["room", "create", "Harbour", "--slow", "3s"]);
    let eve = guest(&server.url, "Eve", text(&room, "link"));
    eve.ok(&["send", "Harbour", "one"]);
    let second = eve.ok(&["send", "Harbour", "two"]);
    let waited = second["waited_seconds"].as_u64();
    assert!(
        waited.is_some_and(|seconds| (1..=4).contains(&seconds)),
        "{second}"
    );
    let (out, told) = eve.says(&["send", "Harbour", "three"]);
    assert!(out.starts_with("Sent at "), "{out}");
    assert!(told.starts_with("Sent in ") && told.contains(" s: "), "{told:?}");
    assert_eq!(ada.texts(&["messages", "Harbour"]), ["one", "two", "three"]);
    // Those who run it do not wait.
    for words in ["four", "five"] {
        assert_eq!(ada.ok(&["send", "Harbour", words])["waited_seconds"], Value::Null);
    }
}

/// Ten at once, then one in six seconds: some may have become free meanwhile.
#[test]
fn a_guest_who_writes_too_fast_waits_and_is_told_for_how_long() {
    let server = Server::start_with(&["--limit-scale", "1"]);
    let ada = server.first("Ada");
    let room = ada.ok(&["room", "create", "Harbour"]);
    let eve = guest(&server.url, "Eve", text(&room, "link"));
    let mut sent = Vec::new();
    let waited = loop {
        let words = format!("word {}", sent.len());
        let result = eve.ok(&["send", "Harbour", &words]);
        sent.push(words);
        assert!(sent.len() < 60, "nobody is held back");
        if let Some(seconds) = result["waited_seconds"].as_u64() {
            break seconds;
        }
    };
    assert!(
        sent.len() > 10 && (1..=8).contains(&waited),
        "{waited} s, {sent:?}"
    );
    assert_eq!(ada.texts(&["messages", "Harbour"]), sent);
}

#[test]
fn a_full_room_takes_nobody_and_who_was_put_out_needs_the_new_link() {
    let server = Server::start();
    let ada = server.first("Ada");
    let room = ada.ok(&["room", "create", "Harbour", "--capacity", "2"]);
    let (id, link) = (text(&room, "conversation"), text(&room, "link"));
    let eve = guest(&server.url, "Eve", link);
    let late = Profile::new();
    late.ok(&["guest", "--nickname", "Late", "--server", &server.url]);
    assert_eq!(late.fails(&["room", "join", link]), (1, "room_full".to_owned()));

    ada.ok(&["group", "remove", id, "Eve"]);
    assert_eq!(eve.ok(&["conversations"])["state"], "removed");
    assert_eq!(eve.fails(&["send", id, "anybody?"]).0, 1);
    assert_eq!(
        eve.fails(&["room", "join", link]),
        (1, "link_replaced".to_owned())
    );
    let new = ada.ok(&["room", "link", id]);
    late.ok(&["room", "join", text(&new, "link")]);
    assert_eq!(
        eve.fails(&["room", "join", text(&new, "link")]),
        (1, "room_full".to_owned())
    );
    ada.ok(&["group", "set", id, "--capacity", "3"]);
    eve.ok(&["room", "join", text(&new, "link")]);
    eve.ok(&["send", id, "I was only put out"]);
    assert_eq!(late.texts(&["messages", id]), ["I was only put out"]);
}

#[test]
fn who_joins_gets_what_the_room_shares_and_no_more() {
    let server = Server::start();
    let ada = server.first("Ada");
    let room = ada.ok(&["room", "create", "Harbour"]);
    let link = text(&room, "link");
    for words in ["one", "two", "three"] {
        ada.ok(&["send", "Harbour", words]);
    }
    let early = guest(&server.url, "Early", link);
    assert!(early.lines(&["messages", "Harbour"]).is_empty());
    ada.ok(&["room", "set", "Harbour", "--history", "2"]);
    let watch = ada.watch();
    watch.next("ready");
    let late = guest(&server.url, "Late", link);
    while late.texts(&["messages", "Harbour"]) != ["two", "three"] {}
    let shared = &late.lines(&["messages", "Harbour"])[0];
    assert_eq!(
        (&shared["sender"]["name"], &shared["shared_by"]),
        (&json!("Ada"), &json!("Ada"))
    );
    assert!(
        early.lines(&["messages", "Harbour"]).is_empty(),
        "only those who join get it"
    );
    assert_eq!(watch.terminate(), Some(0));
}

/// Waits for the real end of a room.
#[test]
fn a_room_ends_when_it_was_said() {
    let server = Server::start();
    let ada = server.first("Ada");
    let room = ada.ok(&["room", "create", "Harbour", "--expires", "1h"]);
    let link = text(&room, "link");
    let eve = guest(&server.url, "Eve", link);
    eve.ok(&["send", "Harbour", "before the end"]);
    ada.ok(&["room", "set", "Harbour", "--expires", "1s"]);
    while eve.ok(&["conversations"])["state"] != "closed" {}
    assert_eq!(
        eve.texts(&["messages", "Harbour"]),
        ["before the end"],
        "what was read stays"
    );
    assert_eq!(eve.fails(&["send", "Harbour", "after it"]).0, 1);
    let late = Profile::new();
    let look = late.fails(&["room", "info", link, "--server", &server.url]);
    assert_eq!(look, (1, "room_closed".to_owned()));
}

#[test]
fn a_short_retention_takes_away_what_nobody_fetched() {
    let mut server = Server::start();
    let (ada, bob) = (server.first("Ada"), server.user("Bob"));
    ada.ok(&["group", "create", "Crew", "--member", "Bob"]);
    bob.ok(&["conversations"]);
    ada.ok(&["group", "set", "Crew", "--retention", "5s"]);
    assert_eq!(bob.ok(&["room", "info", "Crew"])["retention_seconds"], json!(5));
    ada.ok(&["send", "Crew", "too late"]);
    server.kill();
    let data = server.data();
    let cleanup = ["cleanup", "--data", data.to_str().unwrap(), "--json"];
    while crate::world::admin(&cleanup).lines()[0]["messages"] == json!(0) {}
    server.start_again();
    ada.ok(&["send", "Crew", "in time"]);
    assert_eq!(bob.texts(&["messages", "Crew"]), ["in time"]);
    assert_eq!(ada.texts(&["messages", "Crew"]), ["too late", "in time"]);
}

#[test]
fn a_picture_is_set_and_taken_away() {
    let server = Server::start();
    let (ada, bob) = (server.first("Ada"), server.user("Bob"));
    let crew = ada.ok(&["group", "create", "Crew", "--member", "Bob"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crew.png");
    let path = file.to_str().unwrap();
    let picture_of_crew = |profile: &Profile| profile.ok(&["room", "info", "Crew"])["picture"].clone();
    std::fs::write(&file, "GIF89a").unwrap();
    assert_eq!(ada.fails(&["group", "set", "Crew", "--picture", path]).0, 1);
    std::fs::write(
        &file,
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0",
    )
    .unwrap();
    assert_eq!(ada.ok(&["group", "set", "Crew", "--picture", path]), crew);
    assert_eq!(picture_of_crew(&bob), json!(true));
    ada.ok(&["group", "set", "Crew", "--topic", "Tides"]);
    assert_eq!(picture_of_crew(&bob), json!(true), "another change leaves it");
    ada.ok(&["group", "set", "Crew", "--no-picture"]);
    assert_eq!(picture_of_crew(&bob), json!(false));
    let both = ["group", "set", "Crew", "--picture", path, "--no-picture"];
    assert_eq!(ada.fails(&both), (2, "usage".to_owned()));
}

#[test]
fn at_a_busy_server_a_guest_comes_in_by_work() {
    let server = Server::start_with(&["--limit-scale", "1000", "--guest-free-per-minute", "0"]);
    let ada = server.first("Ada");
    let room = ada.ok(&["room", "create", "Harbour"]);
    let wire = Wiretap::before(&server.url);
    let eve = Profile::new();
    eve.ok(&["guest", "--nickname", "Eve", "--server", &wire.url]);
    let heard = wire.heard();
    let asked = |words: &str| {
        heard
            .windows(words.len())
            .any(|window| window == words.as_bytes())
    };
    assert!(
        asked("proof_required") && asked("\"solution\""),
        "nobody asked for work"
    );
    eve.ok(&["room", "join", text(&room, "code")]);
    eve.ok(&["send", "Harbour", "it was worth it"]);
    assert_eq!(ada.texts(&["messages", "Harbour"]), ["it was worth it"]);
}
