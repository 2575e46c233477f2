//! `undertone backup` and `undertone restore`, on a server that runs while they work and is lost afterwards.

use crate::world::{Server, on_server};
use std::fs;

#[test]
fn a_server_comes_back_from_its_backup_and_people_go_on() {
    let mut server = Server::start();
    let ada = server.first("Ada");
    let bob = server.user("Bob");
    ada.ok(&["send", "Bob", "before"]);
    assert_eq!(bob.texts(&["messages", "Ada"]), ["before"]);
    let outside = tempfile::tempdir().unwrap();
    let path = |name: &str| outside.path().join(name).to_str().unwrap().to_owned();
    let (backup, words) = (path("backup"), path("words"));
    fs::write(&words, "seven quiet lanterns\n").unwrap();
    let data = server.data().to_str().unwrap().to_owned();
    let take = [
        "backup",
        "--data",
        &data,
        "--output",
        &backup,
        "--passphrase-file",
        &words,
        "--json",
    ];
    let taken = on_server(&take);
    assert_eq!(taken.code, Some(0), "{taken:?}");
    assert_eq!(taken.lines()[0]["database"], "sqlite");
    let again = on_server(&take);
    assert_eq!((again.code, again.error_code().as_str()), (Some(1), "exists"));

    ada.ok(&["send", "Bob", "after the backup"]);
    assert_eq!(bob.texts(&["messages", "Ada"]), ["before", "after the backup"]);

    let folder = tempfile::tempdir().unwrap();
    let restored = folder.path().join("data").to_str().unwrap().to_owned();
    let restored = restored.as_str();
    server.move_to(folder);
    let wrong = path("wrong");
    fs::write(&wrong, "seven other lanterns\n").unwrap();
    let refused = on_server(&[
        "restore",
        &backup,
        "--data",
        restored,
        "--passphrase-file",
        &wrong,
        "--json",
    ]);
    assert_eq!(refused.error_code(), "passphrase_wrong");
    let said = on_server(&[
        "restore",
        &backup,
        "--data",
        restored,
        "--passphrase-file",
        &words,
    ]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("is restored"), "{said:?}");

    server.start_again();
    bob.ok(&["send", "Ada", "still here"]);
    ada.ok(&["send", "Bob", "so am I"]);
    // What Ada sent after the backup is in the log again when she has sent it anew: behind what Bob said first.
    let all = ["before", "still here", "after the backup", "so am I"];
    assert_eq!(ada.texts(&["messages", "Bob"]), all);
    assert_eq!(bob.texts(&["messages", "Ada"]), all);
}
