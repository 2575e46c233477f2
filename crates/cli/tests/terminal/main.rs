//! Stories of the scriptable client: the real binary, real profiles, a real server.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, stopping is how to say that something is wrong"
)]

mod backup;
mod canary;
mod cleanup;
mod files;
mod gathering;
mod keep;
mod people;
mod presence;
mod search;
mod talk;
mod terms;
mod wiretap;
mod world;

use serde_json::{Value, json};
use std::io::Read;
use std::process::Stdio;
use world::{Profile, Server};

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn two_people_talk() {
    let server = Server::start();
    let ada = server.first("Ada");
    let bob = server.user("Bob");

    let who = ada.ok(&["whoami"]);
    assert_eq!(keys(&who), ["admin", "device", "kind", "name", "server", "user"]);
    assert_eq!(
        (&who["name"], &who["kind"], &who["admin"]),
        (&json!("Ada"), &json!("account"), &json!(true))
    );
    assert_eq!(who["server"], json!(server.url));
    assert_eq!(ada.lines(&["contacts"])[0]["name"], "Bob");
    assert!(ada.lines(&["contacts", "nobody"]).is_empty());

    let dm = ada.ok(&["dm", "bob"]);
    assert_eq!(keys(&dm), ["conversation", "kind", "title"]);
    assert_eq!((&dm["kind"], &dm["title"]), (&json!("direct"), &json!("Bob")));
    let conversation = dm["conversation"].as_str().unwrap();
    assert_eq!(ada.ok(&["dm", "Bob"]), dm, "the same one again");

    let sent = ada.ok(&["send", conversation, "Hello Bob"]);
    assert_eq!(keys(&sent), ["conversation", "message", "sent_at", "sequence"]);
    bob.ok(&["send", "ada", "Hello Ada"]);
    let third = ada.run_with_input(&["send", "Bob", "-"], "two\nlines\n");
    assert_eq!(third.code, Some(0), "{third:?}");

    let messages = bob.lines(&["messages", "Ada"]);
    let first = &messages[0];
    assert_eq!(first["message"], sent["message"], "everybody calls it the same");
    assert_eq!(
        (&first["sequence"], &first["sent_at"]),
        (&sent["sequence"], &sent["sent_at"])
    );
    assert_eq!(
        (&first["sender"]["name"], &first["own"], &first["state"]),
        (&json!("Ada"), &json!(false), &json!("sent"))
    );
    let texts = ["Hello Bob", "Hello Ada", "two\nlines"];
    assert_eq!(bob.texts(&["messages", "Ada"]), texts);
    assert_eq!(ada.texts(&["messages", conversation]), texts);
    assert_eq!(ada.texts(&["messages", conversation, "--limit", "2"]), texts[1..]);
    let second = messages[1]["message"].as_str().unwrap();
    assert_eq!(
        ada.texts(&["messages", conversation, "--before", second]),
        texts[..1]
    );
    assert_eq!(bob.texts(&["search", "hel"]), texts[..2]);

    let listed = bob.ok(&["conversations"]);
    assert_eq!(
        (&listed["title"], &listed["last_text"], &listed["unread"]),
        (&json!("Ada"), &json!("two\nlines"), &json!(2))
    );
}

#[test]
fn registration_prints_a_recovery_key_and_invitations_work_once() {
    let server = Server::start();
    let ada = Profile::new();
    let setup = ["--setup-token", &server.setup_token, "--server-name", "Harbour"];
    let registered = ada.ok(&[&["register", "Ada", "--server", &server.url][..], &setup].concat());
    let groups: Vec<_> = registered["recovery_key"]
        .as_str()
        .unwrap()
        .split('-')
        .map(str::len)
        .collect();
    assert_eq!(groups, [4; 8]);

    let bob = Profile::new();
    assert_eq!(
        bob.fails(&["register", "Bob", "--server", &server.url]),
        (1, "invitation_required".to_owned())
    );
    let invitation = ada.ok(&["invite"])["invitation"].as_str().unwrap().to_owned();
    let register = [
        "register",
        "Bob",
        "--server",
        &server.url,
        "--invitation",
        &invitation,
    ];
    bob.ok(&register);
    assert_eq!(bob.fails(&["invite"]), (1, "forbidden".to_owned()));
    let again = [
        "register",
        "Cleo",
        "--server",
        &server.url,
        "--invitation",
        &invitation,
    ];
    assert_eq!(Profile::new().fails(&again), (1, "invitation_invalid".to_owned()));
}

#[test]
fn a_second_device_joins_what_begins_after_it_and_leaves_for_good() {
    let server = Server::start();
    let phone = server.first("Ada");
    let bob = server.user("Bob");
    let laptop = Profile::new();
    laptop.ok(&["login", "ada", "--server", &server.url]);
    let (one, two) = (phone.ok(&["whoami"]), laptop.ok(&["whoami"]));
    assert_eq!(one["user"], two["user"]);
    assert_ne!(one["device"], two["device"]);
    let devices = phone.lines(&["devices"]);
    assert_eq!(devices.len(), 2);
    assert_eq!(
        devices.iter().filter(|device| device["current"] == true).count(),
        1
    );

    bob.ok(&["send", "Ada", "to both of your devices"]);
    for device in [&phone, &laptop] {
        assert_eq!(device.texts(&["messages", "Bob"]), ["to both of your devices"]);
    }
    laptop.ok(&["send", "Bob", "from the laptop"]);
    assert_eq!(
        phone.texts(&["messages", "Bob"]),
        ["to both of your devices", "from the laptop"]
    );

    assert_eq!(laptop.ok(&["logout"]), json!({"signed_out": true}));
    assert_eq!(laptop.fails(&["whoami"]), (1, "signed_out".to_owned()));
    assert_eq!(phone.lines(&["devices"]).len(), 1);
}

#[test]
fn watch_prints_each_message_once_across_a_killed_server() {
    let mut server = Server::start();
    let ada = server.first("Ada");
    let bob = server.user("Bob");
    let watch = bob.watch();
    watch.connection("online");
    watch.next("ready");

    ada.ok(&["send", "Bob", "one"]);
    let joined = watch.next("membership");
    assert_eq!(
        (&joined["change"], &joined["title"]),
        (&json!("joined"), &json!("Ada"))
    );
    let first = watch.next("message");
    assert_eq!(
        (&first["text"], &first["sender"]["name"]),
        (&json!("one"), &json!("Ada"))
    );

    server.kill();
    watch.connection("offline");
    assert_eq!(
        ada.fails(&["send", "Bob", "into the void"]),
        (3, "unreachable".to_owned())
    );
    server.start_again();
    watch.connection("online");
    ada.ok(&["send", "Bob", "two"]);
    assert_eq!(watch.next("message")["text"], "two");
    assert_eq!(watch.terminate(), Some(0));

    ada.ok(&["send", "Bob", "while away"]);
    let watch = bob.watch();
    assert_eq!(
        watch.next("message")["text"],
        "while away",
        "what came while nobody watched"
    );
    watch.next("ready");
}

#[test]
fn presence_comes_and_goes() {
    let server = Server::start();
    let ada = server.first("Ada");
    let bob = server.user("Bob");
    ada.ok(&["dm", "Bob"]);
    let watch = bob.watch();
    watch.next("ready");
    let other = ada.watch();
    let came = watch.next("presence");
    assert_eq!((&came["name"], &came["online"]), (&json!("Ada"), &json!(true)));
    other.terminate();
    // How present she is may be told in between.
    while watch.next("presence")["online"] != json!(false) {}
}

#[test]
fn wrong_input_is_refused_with_a_code() {
    let server = Server::start();
    let ada = server.first("Ada");
    let nobody = Profile::new();
    for verb in [
        &["whoami"][..],
        &["conversations"],
        &["watch"],
        &["logout"],
        &["send", "Bob", "x"],
    ] {
        assert_eq!(nobody.fails(verb), (1, "signed_out".to_owned()), "{verb:?}");
    }
    assert_eq!(nobody.fails(&["register", "Bob"]), (1, "no_server".to_owned()));
    let at = |name: &'static str| ["register", name, "--server"].map(str::to_owned);
    let refused = |name, url: &str| {
        let mut args = at(name).to_vec();
        args.push(url.to_owned());
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        nobody.fails(&args)
    };
    assert_eq!(refused("a b", &server.url), (1, "name_invalid".to_owned()));
    assert_eq!(refused("ADA", &server.url), (1, "name_taken".to_owned()));
    assert_eq!(
        refused("Bob", "http://chat.example.org"),
        (1, "server_address".to_owned())
    );
    assert_eq!(refused("Bob", "chat"), (1, "server_address".to_owned()));
    assert_eq!(
        refused("Bob", "http://127.0.0.1:1"),
        (3, "unreachable".to_owned())
    );
    assert_eq!(
        nobody.fails(&["login", "nobody", "--server", &server.url]),
        (1, "wrong_credentials".to_owned())
    );

    assert_eq!(ada.fails(&["dm", "nobody"]), (1, "unknown_person".to_owned()));
    assert_eq!(ada.fails(&["dm", "Ada"]), (1, "own_person".to_owned()));
    assert_eq!(
        ada.fails(&["messages", "Bob"]),
        (1, "unknown_conversation".to_owned())
    );
    assert_eq!(ada.fails(&["register", "Cleo"]), (1, "signed_in".to_owned()));
    assert_eq!(
        ada.fails(&["login", "Ada", "--server", "https://example.org"]),
        (1, "other_server".to_owned())
    );
    server.user("Bob");
    assert_eq!(ada.fails(&["send", "Bob", ""]), (1, "empty_message".to_owned()));
    assert_eq!(
        ada.fails(&["send", "Bob", &"x".repeat(65 * 1024)]),
        (1, "message_too_long".to_owned())
    );
    assert_eq!(
        ada.fails(&["messages", "Bob", "--before", "nothing"]),
        (1, "unknown_message".to_owned())
    );
}

#[test]
fn usage_errors_have_their_own_exit_code() {
    let profile = Profile::new();
    for args in [
        &["frobnicate"][..],
        &["send", "Bob"],
        &["messages", "Bob", "--limit", "0"],
    ] {
        assert_eq!(profile.fails(args), (2, "usage".to_owned()), "{args:?}");
    }
    let help = profile.command(&["--help"]).output().unwrap();
    assert!(help.status.success());
}

#[test]
fn passwords_come_from_a_file_or_the_environment_and_must_be_strong() {
    let server = Server::start();
    server.first("Ada");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let register = |profile: &Profile, password: Option<&str>| {
        let mut command = profile.command(&["register", "Bob", "--server", &server.url, "--json"]);
        command.env_remove("UNDERTONE_PASSWORD");
        if let Some(password) = password {
            std::fs::write(&file, password).unwrap();
            command.arg("--password-file").arg(&file);
        }
        let output = command.output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let bob = Profile::new();
    let (code, error) = register(&bob, Some("bob12345\n"));
    assert!(code == 1 && error.contains("weak_password"), "{error}");
    let (code, error) = register(&bob, Some("\n"));
    assert!(code == 1 && error.contains("password_invalid"), "{error}");
    let (code, error) = register(&bob, Some("correct horse battery staple\n"));
    assert_eq!(code, 0, "{error}");
    let second = Profile::new();
    second.ok(&["login", "Bob", "--server", &server.url]);
}

#[test]
fn a_private_certificate_authority_is_trusted_by_its_file_alone() {
    let server = Server::start_with_tls();
    let ada = Profile::new();
    let register = ["register", "Ada", "--server", &server.url];
    assert_eq!(ada.fails(&register), (1, "certificate".to_owned()));
    let missing = ["--ca", "/nowhere/ca.crt"];
    assert_eq!(
        ada.fails(&[&register[..], &missing].concat()),
        (1, "ca_file".to_owned())
    );
    let setup = ["--setup-token", &server.setup_token, "--server-name", "Harbour"];
    let ca = server.ca();
    ada.ok(&[&register[..], &setup, &["--ca", &ca]].concat());
    ada.ok(&["whoami"]);
}

#[test]
fn one_process_at_a_time_uses_a_profile() {
    let server = Server::start();
    let ada = server.first("Ada");
    let watch = ada.watch();
    watch.next("ready");
    assert_eq!(ada.fails(&["whoami"]), (1, "profile_in_use".to_owned()));
    watch.terminate();
    ada.ok(&["whoami"]);
}

#[test]
fn a_passphrase_locks_the_profile() {
    let server = Server::start();
    server.first("Ada");
    let bob = Profile::new();
    let run = |args: &[&str], passphrase: &str| {
        let mut command = bob.command(args);
        command.arg("--json").env("UNDERTONE_PASSPHRASE", passphrase);
        let output = command.output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, error) = run(&["register", "Bob", "--server", &server.url], "a passphrase");
    assert_eq!(code, 0, "{error}");
    assert_eq!(bob.fails(&["whoami"]), (1, "passphrase".to_owned()));
    let (code, error) = run(&["whoami"], "another passphrase");
    assert!(code == 1 && error.contains("store_wrong_key"), "{error}");
    assert_eq!(run(&["whoami"], "a passphrase").0, 0);
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let server = Server::start();
    let ada = server.first("Ada");
    server.user("Bob");
    for number in 0..3 {
        ada.ok(&["send", "Bob", &number.to_string()]);
    }
    let mut child = ada
        .command(&["messages", "Bob", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut error = String::new();
    child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert_eq!((child.wait().unwrap().code(), error.as_str()), (Some(0), ""));
}
