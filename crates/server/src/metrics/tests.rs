//! What the numbers look like, that the dashboard asks for nothing else, and that nobody is in them.

use super::*;
use std::collections::BTreeSet;
use undertone_wire::ConversationId;

const DASHBOARD: &str = include_str!("../../../../docs/grafana.json");

/// The value of a metric in the text.
pub(crate) fn value(text: &str, name: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{text}"))
        .parse()
        .unwrap()
}

#[test]
fn a_histogram_counts_up_to_and_with_its_bounds() {
    let metrics = Metrics::default();
    for microseconds in [1, 100, 101, 1_500, 20_000_000] {
        metrics.delivery_time.observe(microseconds);
    }
    metrics.batch.observe(3);
    let text = metrics.to_text(Observed::default()).unwrap();
    for (name, count) in [
        ("undertone_delivery_seconds_bucket{le=\"0.0001\"}", 2.0),
        ("undertone_delivery_seconds_bucket{le=\"0.00025\"}", 3.0),
        ("undertone_delivery_seconds_bucket{le=\"+Inf\"}", 5.0),
        ("undertone_delivery_seconds_count", 5.0),
        ("undertone_commit_batch_messages_bucket{le=\"2.0\"}", 0.0),
        ("undertone_commit_batch_messages_bucket{le=\"4.0\"}", 1.0),
        ("undertone_commit_batch_messages_sum", 3.0),
    ] {
        assert!((value(&text, name) - count).abs() < f64::EPSILON, "{name}");
    }
    assert!((value(&text, "undertone_delivery_seconds_sum") - 20.001_702).abs() < 1e-9);
    assert!(text.ends_with("# EOF\n"));
}

/// The names in a text that are ours.
fn names(text: &str) -> BTreeSet<&str> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter: char| !is_of_name(letter));
    words.filter(|word| word.starts_with("undertone_")).collect()
}

#[test]
fn the_dashboard_asks_for_nothing_that_there_is_not() {
    let board: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = board["panels"].as_array().unwrap();
    let mut asked = BTreeSet::new();
    for panel in panels {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let found = names(expression);
            assert!(!found.is_empty(), "{expression}");
            asked.extend(found);
        }
    }
    let text = Metrics::default().to_text(Observed::default()).unwrap();
    let there = names(&text);
    let missing: Vec<_> = asked.difference(&there).collect();
    assert!(missing.is_empty(), "{missing:?} are not in\n{text}");
    let families: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .collect();
    for family in &families {
        let name = family.split(' ').next().unwrap();
        assert!(
            asked.iter().any(|asked| asked.starts_with(name)),
            "the dashboard does not show {name}"
        );
    }
    assert!(families.len() > 10, "{families:?}");
}

/// No label but a histogram's bounds, and nothing that is somebody's.
pub(crate) fn nobody_is_in(text: &str, somebody: &[&str]) {
    for word in somebody {
        assert!(!text.contains(word), "{word} is in\n{text}");
    }
    assert!(!text.contains("127.0.0.1"));
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let label = line.split_once('{').map(|(_, rest)| rest);
        assert!(label.is_none_or(|label| label.starts_with("le=\"")), "{line}");
    }
}

#[test]
fn a_conversation_is_no_number() {
    // The canary must be able to sing.
    let id = ConversationId::from_bytes([7; 16]);
    let text = format!("undertone_deliveries_total{{conversation=\"{id}\"}} 1");
    let caught = std::panic::catch_unwind(|| nobody_is_in(&text, &[&id.to_string()]));
    assert!(caught.is_err());
}
