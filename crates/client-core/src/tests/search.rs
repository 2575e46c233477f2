//! What is found, by whom, where, and when no longer; and a conversation as a file.

use super::world::World;
use crate::export::ExportFormat;
use crate::search::{SearchOrder, SearchQuery};

#[test]
fn filters_narrow_a_search_down() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    for text in ["green tea", "see https://tea.example", "今天喝茶"] {
        world.run(alice.send(talk, text));
    }
    world.settle(&[&alice, &bob]);
    world.run(bob.send(talk, "**tea** ||tea|| it is"));
    world.settle(&[&alice, &bob]);
    let found = |query: &str| -> Vec<String> {
        let found = bob.client().search(query).unwrap();
        found.into_iter().map(|found| found.text).collect()
    };
    assert_eq!(found("tea").len(), 3);
    assert_eq!(found("from:ada tea").len(), 2);
    assert_eq!(found("tea from:me"), ["tea ▒▒▒▒▒ it is"]);
    assert_eq!(found("from:nobody tea"), [] as [&str; 0]);
    assert_eq!(found("has:link"), ["see https://tea.example"]);
    assert_eq!(found("has:file"), [] as [&str; 0]);
    assert_eq!(found("in:ada 茶"), ["今天喝茶"]);
    assert_eq!(found("喝茶"), ["今天喝茶"]);
    assert!(found("in:elsewhere tea").is_empty());
    assert_eq!(found("\"green tea\""), ["green tea"]);
    assert!(found("\"tea green\"").is_empty());
    assert_eq!(found("before:9999").len(), 4);
    assert!(found("after:9999 tea").is_empty() && found("before:1970 tea").is_empty());

    let best = SearchQuery {
        order: SearchOrder::Relevance,
        conversation: Some(talk),
        ..SearchQuery::from("tea")
    };
    let best = bob.client().search(best).unwrap();
    assert_eq!(best.len(), 3);
    assert_eq!(best[0].conversation_title, "Ada");
    let bold = best.iter().find(|found| found.message.own).unwrap();
    assert_eq!(
        bold.highlights,
        [[0, 3]],
        "what a spoiler hides is not pointed at"
    );
    assert_eq!(bob.client().search_reach().unwrap().messages, 4);
}

#[test]
fn what_was_changed_or_taken_back_is_found_so() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    let sent = world.run(alice.send(talk, "meet at the harbour"));
    world.settle(&[&alice, &bob]);
    alice.client().edit(sent.key, "meet at the station").unwrap();
    world.settle(&[&alice, &bob]);
    for device in [&alice, &bob] {
        assert!(device.client().search("harbour").unwrap().is_empty());
        assert_eq!(device.client().search("station").unwrap().len(), 1);
    }
    alice.client().delete_for_everyone(sent.key).unwrap();
    world.settle(&[&alice, &bob]);
    for device in [&alice, &bob] {
        assert!(device.client().search("station").unwrap().is_empty());
        assert!(device.client().search("from:ada").unwrap().is_empty());
    }
}

#[test]
fn an_export_comes_in_parts_that_are_one_file() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    for number in 0..201 {
        world.run(alice.send(talk, &format!("message {number}")));
    }
    world.settle(&[&alice, &bob]);
    let whole = |format| {
        let (mut text, mut next, mut parts) = (String::new(), None::<String>, 0);
        loop {
            let page = bob.client().export(talk, format, next.as_deref()).unwrap();
            text += &page.text;
            parts += 1;
            next = page.next;
            if next.is_none() {
                return (text, parts);
            }
        }
    };
    let (text, parts) = whole(ExportFormat::Text);
    assert_eq!(parts, 2);
    assert!(text.starts_with("Ada\nTimes are UTC.\n\n["));
    assert_eq!(text.matches("] Ada: message ").count(), 201);
    let (json, _) = whole(ExportFormat::Json);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let messages = json["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 201);
    assert_eq!(messages[200]["text"], "message 200");
    assert!(
        bob.client()
            .export(talk, ExportFormat::Text, Some("nowhere"))
            .is_err()
    );
}
