//! Groups, rooms and guests from the terminal: what is printed, what is refused, and that links are
//! read from standard input.

use crate::keys;
use crate::world::{Profile, Server};
use serde_json::{Value, json};

/// A guest of this server.
fn guest(server: &Server, name: &str) -> Profile {
    let profile = Profile::new();
    profile.ok(&["guest", "--nickname", name, "--server", &server.url]);
    profile
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// Names and roles of a conversation's people.
fn people(profile: &Profile, conversation: &str) -> Vec<(String, String)> {
    let mut people: Vec<_> = profile
        .lines(&["members", conversation])
        .iter()
        .map(|member| (text(member, "name").to_owned(), text(member, "role").to_owned()))
        .collect();
    people.sort();
    people
}

fn pairs(people: &[(&str, &str)]) -> Vec<(String, String)> {
    people
        .iter()
        .map(|(name, role)| ((*name).to_owned(), (*role).to_owned()))
        .collect()
}

#[test]
fn a_group_is_made_kept_and_left() {
    let server = Server::start();
    let (ada, bob, cleo) = (server.first("Ada"), server.user("Bob"), server.user("Cleo"));
    let crew = ada.ok(&["group", "create", "Crew", "--member", "bob"]);
    assert_eq!(keys(&crew), ["conversation", "kind", "title"]);
    assert_eq!((&crew["kind"], &crew["title"]), (&json!("group"), &json!("Crew")));
    let id = text(&crew, "conversation");

    ada.ok(&["send", id, "welcome aboard"]);
    assert_eq!(bob.texts(&["messages", "Crew"]), ["welcome aboard"]);
    assert_eq!(
        ada.ok(&["group", "add", "crew", "Cleo"]),
        crew,
        "named by its title"
    );
    cleo.ok(&["send", id, "hello"]);
    ada.ok(&["group", "role", id, "Cleo", "read-only"]);
    assert_eq!(
        people(&ada, id),
        pairs(&[("Ada", "owner"), ("Bob", "member"), ("Cleo", "read_only")])
    );
    assert_eq!(cleo.fails(&["send", id, "muffled"]), (1, "read_only".to_owned()));
    assert_eq!(bob.fails(&["group", "remove", id, "Cleo"]).0, 1);
    let member = &ada.lines(&["group", "members", id])[0];
    assert_eq!(
        keys(member),
        ["devices", "key_changed", "kind", "name", "own", "role", "user"]
    );

    ada.ok(&["group", "rename", id, "The crew"]);
    let listed = bob.ok(&["conversations"]);
    assert_eq!(
        (
            &listed["title"],
            &listed["kind"],
            &listed["role"],
            &listed["people"]
        ),
        (&json!("The crew"), &json!("group"), &json!("member"), &json!(3))
    );
    ada.ok(&["group", "remove", id, "Cleo"]);
    assert_eq!(cleo.ok(&["conversations"])["state"], "removed");
    assert_eq!(ada.fails(&["group", "leave", id]).0, 1, "the last owner");
    ada.ok(&["group", "role", id, "Bob", "owner"]);
    assert_eq!(text(&ada.ok(&["group", "leave", id]), "title"), "The crew");
    assert_eq!(people(&bob, id), pairs(&[("Bob", "owner")]));

    let changes: Vec<Value> = bob
        .lines(&["messages", id, "--events"])
        .into_iter()
        .filter(|line| line["event"] == "membership")
        .map(|line| line["change"].clone())
        .collect();
    for change in ["added", "role_changed", "removed", "left"] {
        assert!(changes.contains(&json!(change)), "{change} in {changes:?}");
    }
}

#[test]
fn a_guest_comes_by_a_link_from_standard_input() {
    let server = Server::start();
    let ada = server.first("Ada");
    let room = ada.ok(&["room", "create", "Harbour", "--capacity", "3", "--slow", "2s"]);
    assert_eq!(keys(&room), ["code", "conversation", "kind", "link", "title"]);
    let (id, link, code) = (
        text(&room, "conversation"),
        text(&room, "link"),
        text(&room, "code"),
    );
    assert!(link.starts_with(&format!("{}/r/", server.url)), "{link}");
    assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 6]);
    assert_eq!(
        ada.ok(&["room", "link", "harbour"]),
        json!({"link": link, "code": code})
    );

    let door = Profile::new().ok(&["room", "info", code, "--server", &server.url]);
    assert_eq!(
        (
            &door["title"],
            &door["joined"],
            &door["people"],
            &door["capacity"]
        ),
        (&json!("Harbour"), &json!(false), &json!(1), &json!(3))
    );
    assert_eq!(
        (
            &door["locked"],
            &door["knock"],
            &door["slow_mode_seconds"],
            &door["history"]
        ),
        (&json!(false), &json!(false), &json!(2), &json!("nothing"))
    );

    let magpie = Profile::new();
    let who = magpie.ok(&["guest", "--nickname", "Brisk Magpie", "--server", &server.url]);
    assert_eq!(
        keys(&who),
        ["admin", "device", "kind", "name", "server", "stay_until", "user"]
    );
    assert_eq!(
        (&who["kind"], &who["name"]),
        (&json!("guest"), &json!("Brisk Magpie"))
    );
    assert_eq!(
        magpie.ok(&["whoami"])["user"],
        who["user"],
        "the same guest again"
    );
    let joined = magpie.run_with_input(&["room", "join", "-"], &format!("{link}\n"));
    assert_eq!(joined.code, Some(0), "{joined:?}");
    let joined = joined.lines().remove(0);
    assert_eq!(
        (&joined["conversation"], &joined["title"]),
        (&room["conversation"], &room["title"])
    );
    magpie.ok(&["send", id, "ahoy"]);
    assert_eq!(ada.texts(&["messages", id]), ["ahoy"]);
    let info = magpie.ok(&["room", "info", id]);
    assert_eq!(
        (&info["joined"], &info["role"], &info["people"]),
        (&json!(true), &json!("member"), &json!(2))
    );
    let nameless = Profile::new();
    let drawn = nameless.ok(&["guest", "--server", &server.url]);
    assert!(text(&drawn, "name").len() > 3, "a name is drawn");
}

#[test]
fn the_door_is_locked_replaced_and_opened_to_those_who_knock() {
    let server = Server::start();
    let ada = server.first("Ada");
    let room = ada.ok(&["room", "create", "Harbour"]);
    let (id, link) = (text(&room, "conversation"), text(&room, "link"));
    let (eve, late) = (guest(&server, "Eve"), guest(&server, "Late"));
    ada.ok(&["room", "lock", id]);
    assert_eq!(eve.fails(&["room", "join", link]), (1, "room_locked".to_owned()));
    ada.ok(&["room", "unlock", id]);
    let new = ada.ok(&["room", "rotate", id]);
    assert_eq!(
        eve.fails(&["room", "join", link]),
        (1, "link_replaced".to_owned())
    );
    assert_eq!(
        eve.fails(&["room", "join", "abcd"]),
        (1, "link_malformed".to_owned())
    );

    ada.ok(&["room", "set", id, "--knock", "on", "--topic", "Tides"]);
    let waiting = eve.ok(&["room", "join", text(&new, "code")]);
    assert_eq!(waiting["waiting"], json!(true));
    assert_eq!(waiting["link"], Value::Null, "who waits has nothing to pass on");
    assert_eq!(
        late.fails(&["room", "join", text(&new, "link"), "--wait", "1s"]),
        (3, "timed_out".to_owned())
    );
    let knocks = ada.lines(&["room", "knocks", id]);
    assert_eq!(knocks.len(), 2);
    assert_eq!(keys(&knocks[0]), ["device", "kind", "knocked_at", "name", "user"]);
    ada.ok(&["room", "admit", id, "Eve"]);
    ada.ok(&["room", "refuse", id, "Late"]);
    assert_eq!(
        ada.fails(&["room", "admit", id, "Late"]),
        (1, "unknown_person".to_owned())
    );
    eve.ok(&["send", id, "thank you"]);
    assert_eq!(eve.ok(&["room", "info", id])["topic"], "Tides");

    ada.ok(&["group", "ban", id, "Eve"]);
    assert_eq!(eve.ok(&["conversations"])["state"], "removed");
    let link = ada.ok(&["room", "link", id]);
    assert_eq!(
        eve.fails(&["room", "join", text(&link, "link")]),
        (1, "banned".to_owned())
    );
    ada.ok(&["group", "unban", id, "Eve"]);
    ada.ok(&["room", "set", id, "--knock", "off"]);
    eve.ok(&["room", "join", text(&link, "link")]);

    ada.ok(&["room", "close", id]);
    assert_eq!(eve.fails(&["send", id, "anybody?"]).0, 1);
    assert_eq!(
        late.fails(&["room", "join", text(&link, "link")]),
        (1, "room_closed".to_owned())
    );
}

#[test]
fn messages_vanish_by_a_timer_of_their_own_or_of_the_conversation() {
    let server = Server::start();
    let (ada, bob) = (server.first("Ada"), server.user("Bob"));
    let sent = ada.ok(&["send", "Bob", "written on water", "--expires", "5s"]);
    assert_eq!(sent["timer"], json!({"after_sent": 5}));
    ada.ok(&["send", "Bob", "read me", "--expires", "1h", "--after-read"]);
    let messages = bob.lines(&["messages", "Ada"]);
    let of = |text: &str| messages.iter().find(|message| message["text"] == text).unwrap();
    assert_eq!(of("read me")["timer"], json!({"after_read": 3600}));
    assert_eq!(of("read me")["expires_at"], Value::Null, "nobody has read it");
    bob.ok(&["read", "Ada"]);
    assert!(
        bob.lines(&["messages", "Ada"])
            .iter()
            .any(|message| { message["text"] == "read me" && message["expires_at"].is_string() })
    );
    let watch = bob.watch();
    watch.next("ready");
    ada.ok(&["timer", "Bob", "1d"]);
    let timer = watch.next("state");
    assert_eq!(
        (&timer["change"], &timer["timer"], &timer["who"]["name"]),
        (&json!("timer_set"), &json!({"after_sent": 86_400}), &json!("Ada"))
    );
    watch.terminate();
    let sent = bob.ok(&["send", "Ada", "by the conversation's timer"]);
    assert_eq!(sent["timer"], json!({"after_sent": 86_400}));
    while ada
        .texts(&["messages", "Bob"])
        .contains(&"written on water".to_owned())
    {}
    assert!(ada.lines(&["search", "water"]).is_empty());
    assert_eq!(
        ada.fails(&["send", "Bob", "too short", "--expires", "1s"]),
        (1, "timer_too_short".to_owned())
    );
}

#[test]
fn watch_tells_who_comes_and_what_changes() {
    let server = Server::start();
    let (ada, bob) = (server.first("Ada"), server.user("Bob"));
    let watch = bob.watch();
    watch.next("ready");
    let crew = ada.ok(&["group", "create", "Crew", "--member", "Bob"]);
    let id = text(&crew, "conversation");
    let came = watch.next("membership");
    assert_eq!((&came["change"], &came["who"]), (&json!("joined"), &Value::Null));
    ada.ok(&["group", "role", id, "Bob", "admin"]);
    let risen = watch.next("membership");
    assert_eq!(
        (
            &risen["change"],
            &risen["role"],
            &risen["who"]["name"],
            &risen["whom"][0]["name"]
        ),
        (
            &json!("role_changed"),
            &json!("admin"),
            &json!("Ada"),
            &json!("Bob")
        )
    );
    ada.ok(&["group", "rename", id, "The crew"]);
    let renamed = watch.next("state");
    assert_eq!(
        (&renamed["change"], &renamed["title"]),
        (&json!("title_changed"), &json!("The crew"))
    );
    ada.ok(&["group", "remove", id, "Bob"]);
    assert_eq!(watch.next("standing")["state"], "removed");
    assert_eq!(watch.terminate(), Some(0));
}

#[test]
fn a_guest_becomes_an_account() {
    let server = Server::start();
    let ada = server.first("Ada");
    let room = ada.ok(&["room", "create", "Harbour"]);
    let id = text(&room, "conversation");
    let magpie = guest(&server, "Magpie");
    magpie.ok(&["room", "join", text(&room, "link")]);
    let before = magpie.ok(&["whoami"]);
    let after = magpie.ok(&["register", "Maggie"]);
    assert_eq!(
        (&after["user"], &after["kind"], &after["name"]),
        (&before["user"], &json!("account"), &json!("Maggie"))
    );
    assert!(after["recovery_key"].is_string());
    magpie.ok(&["send", id, "still here"]);
    assert_eq!(ada.lines(&["messages", id])[0]["sender"]["name"], "Maggie");
    assert_eq!(people(&ada, id), pairs(&[("Ada", "owner"), ("Maggie", "member")]));
}

#[test]
fn an_account_is_recovered_with_its_key() {
    let server = Server::start();
    let ada = Profile::new();
    let setup = ["--setup-token", &server.setup_token, "--server-name", "Harbour"];
    let registered = ada.ok(&[&["register", "Ada", "--server", &server.url][..], &setup].concat());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let recover = [
        "recover",
        "ada",
        "--server",
        &server.url,
        "--recovery-key-file",
        file.to_str().unwrap(),
    ];
    let laptop = Profile::new();
    std::fs::write(&file, "no key at all\n").unwrap();
    assert_eq!(laptop.fails(&recover), (1, "recovery_key_invalid".to_owned()));
    std::fs::write(&file, text(&registered, "recovery_key")).unwrap();
    assert_eq!(laptop.ok(&recover)["user"], registered["user"]);
    laptop.ok(&["whoami"]);
}

#[test]
fn what_means_nothing_or_more_than_one_is_refused() {
    let server = Server::start();
    let (ada, bob) = (server.first("Ada"), server.user("Bob"));
    let room = ada.ok(&["room", "create", "Harbour"]);
    let id = text(&room, "conversation");
    for _ in 0..2 {
        guest(&server, "Magpie").ok(&["room", "join", text(&room, "link")]);
    }
    assert_eq!(
        ada.fails(&["group", "remove", id, "Magpie"]),
        (1, "ambiguous".to_owned())
    );
    assert_eq!(
        ada.fails(&["group", "remove", id, "Bob"]),
        (1, "unknown_person".to_owned())
    );
    assert_eq!(ada.fails(&["group", "set", id]), (2, "usage".to_owned()));
    assert_eq!(
        ada.fails(&["room", "create", "x", "--slow", "soon"]),
        (2, "usage".to_owned())
    );
    ada.ok(&["dm", "Bob"]);
    assert_eq!(bob.fails(&["room", "lock", "Ada"]), (1, "no_room".to_owned()));
    let nothing = ada.run(&["room", "link", text(&room, "link")]);
    assert_eq!(nothing.error_code(), "unknown_conversation");
    let secret = text(&room, "link").split('#').nth(1).unwrap();
    assert!(
        !nothing.err.contains(secret),
        "a link is repeated: {}",
        nothing.err
    );
    ada.ok(&["room", "create", "Harbour"]);
    assert_eq!(ada.fails(&["members", "Harbour"]), (1, "ambiguous".to_owned()));
    assert_eq!(ada.ok(&["visibility", "nobody"]), json!({"visible_to": "nobody"}));
    assert_eq!(ada.ok(&["visibility"]), json!({"visible_to": "nobody"}));
}
