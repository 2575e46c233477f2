//! Messages that are there already, from the terminal: what is said about them, and what is printed of it.

use crate::keys;
use crate::world::Server;
use serde_json::json;

#[test]
fn messages_are_answered_edited_reacted_to_and_deleted() {
    let server = Server::start();
    let ada = server.first("Ada");
    let bob = server.user("Bob");
    let sent = ada.ok(&["send", "Bob", "six o'clock?"]);
    let question = sent["message"].as_str().unwrap();
    bob.ok(&["messages", "Ada"]);
    let watch = bob.watch();
    watch.next("ready");

    let edited = ada.ok(&["edit", question, "seven o'clock?"]);
    assert_eq!(
        (&edited["text"], &edited["edited"]),
        (&json!("seven o'clock?"), &json!(true))
    );
    assert_eq!(edited["message"], sent["message"], "the same message");
    let changed = watch.next("changed");
    assert_eq!(
        (&changed["message"], &changed["text"], &changed["edited"]),
        (&sent["message"], &json!("seven o'clock?"), &json!(true))
    );
    assert_eq!(watch.terminate(), Some(0));

    assert_eq!(
        bob.fails(&["edit", question, "eight"]),
        (1, "forbidden".to_owned())
    );
    let answer = bob.ok(&["send", "Ada", "too early", "--reply-to", question]);
    let reacted = bob.ok(&["react", question, "👍"]);
    assert_eq!(
        reacted["reactions"],
        json!([{"emoji": "👍", "count": 1, "own": true}])
    );
    assert_eq!(
        bob.fails(&["react", question, "lol"]),
        (1, "bad_request".to_owned())
    );
    let rows = ada.lines(&["messages", "Bob"]);
    assert_eq!(
        rows[0]["reactions"],
        json!([{"emoji": "👍", "count": 1, "own": false}])
    );
    assert_eq!(rows[1]["reply_to"], sent["message"]);
    let taken = bob.ok(&["react", question, "👍", "--off"]);
    assert_eq!(taken.get("reactions"), None);

    ada.ok(&["pin", question]);
    let pinned = bob.lines(&["pins", "Ada"]);
    assert_eq!((pinned.len(), &pinned[0]["pinned"]), (1, &json!(true)));
    bob.ok(&["star", question]);
    assert_eq!(bob.texts(&["stars"]), ["seven o'clock?"]);
    assert_eq!(ada.lines(&["stars"]).len(), 0, "a star is of one device");

    bob.ok(&["delete", "--here", answer["message"].as_str().unwrap()]);
    assert_eq!(bob.texts(&["messages", "Ada"]), ["seven o'clock?"]);
    assert_eq!(ada.texts(&["messages", "Bob"]), ["seven o'clock?", "too early"]);
    let deleted = ada.ok(&["delete", question]);
    assert_eq!(
        (&deleted["deleted"], &deleted["text"]),
        (&json!(true), &json!(""))
    );
    assert_eq!(bob.texts(&["messages", "Ada"]), [""]);
    assert!(bob.lines(&["search", "seven"]).is_empty());
    assert_eq!(
        ada.fails(&["edit", question, "again"]),
        (1, "unknown_message".to_owned())
    );
    assert_eq!(ada.fails(&["pin", "no-id"]), (1, "unknown_message".to_owned()));
}

#[test]
fn who_has_read_is_printed_and_messages_are_passed_on() {
    let server = Server::start();
    let ada = server.first("Ada");
    let (bob, cleo) = (server.user("Bob"), server.user("Cleo"));
    let sent = ada.ok(&["send", "Bob", "the plan"]);
    let plan = sent["message"].as_str().unwrap();
    bob.ok(&["send", "Ada", "thanks"]);
    bob.ok(&["read", "Ada"]);
    let reader = ada.ok(&["readers", plan]);
    assert_eq!(keys(&reader), ["name", "read_at", "user"]);
    assert_eq!(reader["name"], json!("Bob"));
    assert_eq!(ada.lines(&["messages", "Bob"])[0]["read_by"], json!(1));
    assert_eq!(
        ada.ok(&["privacy", "--receipts", "off"]),
        json!({"receipts": false, "typing": true})
    );
    assert_eq!(
        ada.lines(&["readers", plan]).len(),
        0,
        "who does not tell is not told"
    );
    assert_eq!(ada.ok(&["privacy"])["receipts"], json!(false));

    let passed = bob.ok(&["forward", plan, "--to", "Cleo"]);
    assert_eq!(
        (&passed["text"], &passed["forwarded"]),
        (&json!("the plan"), &json!(true))
    );
    let seen = cleo.lines(&["messages", "Bob"]);
    assert_eq!(
        (&seen[0]["text"], &seen[0]["forwarded"]),
        (&json!("the plan"), &json!(true))
    );
    assert_eq!(seen[0]["sender"]["name"], json!("Bob"));
}
