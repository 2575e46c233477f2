//! Profiles, requests of strangers, blocking and what is announced, from the terminal.

use crate::keys;
use crate::world::Server;
use serde_json::json;

#[test]
fn people_tell_ask_and_are_not_heard() {
    let server = Server::start();
    let (ada, bob) = (server.first("Ada"), server.user("Bob"));
    let own = ada.ok(&[
        "profile",
        "--display-name",
        "Ada Lovelace",
        "--status",
        "at sea",
        "--colour",
        "7",
    ]);
    assert_eq!(
        keys(&own),
        [
            "blocked",
            "colour",
            "display_name",
            "kind",
            "name",
            "name_clash",
            "picture",
            "pronouns",
            "status",
            "user"
        ]
    );
    assert_eq!(
        (&own["name"], &own["display_name"]),
        (&json!("Ada"), &json!("Ada Lovelace"))
    );
    let long = "x".repeat(97);
    assert_eq!(
        ada.fails(&["profile", "--display-name", &long]),
        (1, "display_name_too_long".to_owned())
    );
    assert_eq!(
        ada.fails(&["profile", "--picture", "/nowhere.png"]),
        (1, "picture_invalid".to_owned())
    );
    assert_eq!(ada.ok(&["profile"]), own, "what was refused changed nothing");

    ada.ok(&["send", "Bob", "do you know me?"]);
    let request = bob.ok(&["requests"]);
    assert_eq!(
        (&request["title"], &request["request"]),
        (&json!("Ada"), &json!(true))
    );
    assert_eq!(request["last_text"], "do you know me?");
    assert_eq!(bob.ok(&["accept", "Ada"])["title"], "Ada");
    assert!(bob.lines(&["requests"]).is_empty());
    assert_eq!(bob.fails(&["ignore", "Ada"]), (1, "no_request".to_owned()));
    ada.ok(&["profile", "--pronouns", "she/her"]);
    let card = bob.ok(&["profile", "Ada"]);
    assert_eq!(
        (&card["display_name"], &card["pronouns"]),
        (&json!("Ada Lovelace"), &json!("she/her"))
    );
}

#[test]
fn what_is_announced_is_chosen_and_who_is_blocked_is_not_heard() {
    let server = Server::start();
    let (ada, bob) = (server.first("Ada"), server.user("Bob"));
    ada.ok(&["send", "Bob", "do you know me?"]);
    bob.ok(&["accept", "Ada"]);
    let notify = bob.ok(&["notify", "Ada", "mentions", "--mute", "8h"]);
    assert_eq!(
        (&notify["level"], &notify["default"]),
        (&json!("mentions"), &json!(false))
    );
    assert!(notify["muted_until"].is_string());
    let notify = bob.ok(&["notify", "Ada", "default", "--mute", "off"]);
    assert_eq!(
        (&notify["level"], &notify["default"]),
        (&json!("all"), &json!(true))
    );
    assert!(notify.get("muted_until").is_none());

    assert_eq!(bob.ok(&["block", "Ada"])["blocked"], true);
    assert!(bob.lines(&["conversations"]).is_empty());
    assert_eq!(bob.ok(&["unblock", "Ada"])["blocked"], false);
    assert_eq!(bob.ok(&["conversations"])["title"], "Ada");

    let eve = server.user("Eve");
    eve.ok(&["send", "Bob", "buy this"]);
    assert_eq!(bob.ok(&["ignore", "Eve", "--block"])["title"], "Eve");
    assert!(bob.lines(&["requests"]).is_empty());
    assert_eq!(bob.ok(&["profile", "Eve"])["blocked"], true);
}
