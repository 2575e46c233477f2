//! `cargo xtask scale`: the tables of docs/scaling.md, from what was measured to how many machines so many users
//! need. A test holds the document to them.

mod inputs;
mod model;

use crate::screen;
use inputs::{ASSUMED, CARRIES, Input, MEASURED};
use model::{Load, Need};
use std::fmt::Write as _;

/// The steps of the document.
const USERS: [f64; 3] = [10_000.0, 1_000_000.0, 100_000_000.0];

/// Prints the tables.
pub(crate) fn scale() {
    for table in tables() {
        screen::result(&table);
    }
}

/// All of them, as they stand in the document.
fn tables() -> Vec<String> {
    vec![inputs_table(), needs_table(), loads_table()]
}

fn inputs_table() -> String {
    let groups: [(&str, Vec<Input>); 3] = [
        (
            "measured",
            vec![
                MEASURED.delivery_cpu_s_per_million,
                MEASURED.connection_kib,
                MEASURED.message_bytes,
                MEASURED.member_bytes,
                MEASURED.leaf_bytes,
            ],
        ),
        (
            "assumed",
            vec![
                ASSUMED.devices,
                ASSUMED.connected,
                ASSUMED.messages,
                ASSUMED.peak,
                ASSUMED.receivers,
                ASSUMED.conversations,
                ASSUMED.waiting_hours,
                ASSUMED.row_bytes,
                ASSUMED.key_packages,
                ASSUMED.key_package_more_bytes,
                ASSUMED.deliveries_per_acknowledgement,
            ],
        ),
        (
            "assumed of one",
            vec![
                CARRIES.node_connections,
                CARRIES.node_cores,
                CARRIES.core_use,
                CARRIES.database_rows,
                CARRIES.database_terabytes,
                CARRIES.database_reads,
                CARRIES.bus_subjects,
                CARRIES.look_conversations,
                CARRIES.look_seconds,
            ],
        ),
    ];
    let mut table = "| | | |\n|---|--:|---|\n".to_owned();
    for (kind, inputs) in groups {
        for Input { value, says } in inputs {
            line(&mut table, &[kind.to_owned(), exact(value), says.to_owned()]);
        }
    }
    table
}

/// A name, and what gives the numbers of its row.
type Row<S, T> = (&'static str, fn(&S) -> T);

fn needs_table() -> String {
    let needs = USERS.map(|users| Need::of(users, &MEASURED, &ASSUMED));
    let mut table = head();
    let rows: [Row<Need, f64>; 12] = [
        ("connections", |need| need.connections),
        ("messages a second", |need| need.messages_per_s),
        ("deliveries a second", |need| need.deliveries_per_s),
        ("cores for them", |need| need.cores),
        ("memory of connections, GB", |need| need.connections_gb),
        ("sent to devices, Gbit/s", |need| need.sent_gbit_per_s),
        ("rows written a second", |need| need.rows_per_s),
        ("undelivered messages, GB", |need| need.log_gb),
        ("groups' public state, GB", |need| need.groups_gb),
        ("key packages, GB", |need| need.key_packages_gb),
        ("the database in all, GB", Need::database_gb),
        ("subjects subscribed in NATS", |need| need.subjects),
    ];
    for (name, value) in rows {
        let mut cells = vec![name.to_owned()];
        cells.extend(needs.iter().map(|need| shown(value(need))));
        line(&mut table, &cells);
    }
    table
}

fn loads_table() -> String {
    let loads = USERS.map(|users| Load::of(&Need::of(users, &MEASURED, &ASSUMED), &CARRIES));
    let mut table = head();
    let rows: [Row<Load, String>; 9] = [
        ("nodes, one of them to spare", |load| exact(load.nodes())),
        ("databases", |load| exact(load.databases())),
        ("of one PostgreSQL: rows written", |load| {
            shown(load.databases_for_rows)
        }),
        ("of one PostgreSQL: bytes kept", |load| {
            shown(load.databases_for_bytes)
        }),
        ("of one PostgreSQL: looks for gaps", |load| {
            shown(load.databases_for_looks)
        }),
        ("of one NATS server: subjects", |load| shown(load.buses)),
        ("seconds until all conversations were looked at", |load| {
            shown(load.look_round_s)
        }),
        ("first used up", |load| narrow(load.narrowest())),
        ("first used up that no node adds to", |load| {
            narrow(load.narrowest_shared())
        }),
    ];
    for (name, value) in rows {
        let mut cells = vec![name.to_owned()];
        cells.extend(loads.iter().map(value));
        line(&mut table, &cells);
    }
    table
}

fn head() -> String {
    "| users | 10,000 | 1 million | 100 million |\n|---|--:|--:|--:|\n".to_owned()
}

fn line(table: &mut String, cells: &[String]) {
    // Writing to a String cannot fail.
    let _ = writeln!(table, "| {} |", cells.join(" | "));
}

fn narrow((name, load): (&'static str, f64)) -> String {
    format!("{name}: {} of one", shown(load))
}

/// Three digits, and no more than are believable.
fn shown(value: f64) -> String {
    match value {
        large if large >= 1000.0 => thousands(round_to(large, 3)),
        some if some >= 10.0 => format!("{some:.0}"),
        few if few >= 1.0 => format!("{few:.1}"),
        little if little >= 0.01 => format!("{little:.2}"),
        least => format!("{least:.4}"),
    }
}

fn exact(value: f64) -> String {
    if value >= 1000.0 {
        thousands(value)
    } else {
        value.to_string()
    }
}

/// So many significant digits.
fn round_to(value: f64, digits: i32) -> f64 {
    let unit = 10_f64.powf(value.log10().floor() - f64::from(digits - 1));
    (value / unit).round() * unit
}

/// With commas between thousands.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/scaling.md");

    #[test]
    fn the_document_says_what_the_model_computes() {
        for table in tables() {
            assert!(
                DOCUMENT.contains(table.trim_end()),
                "docs/scaling.md has other figures; `cargo xtask scale` prints these:\n{table}"
            );
        }
    }

    #[test]
    fn numbers_are_shown_as_people_read_them() {
        assert_eq!(shown(1_388_888.9), "1,390,000");
        assert_eq!(shown(38.2), "38");
        assert_eq!(shown(3.68), "3.7");
        assert_eq!(shown(0.342), "0.34");
        assert_eq!(shown(0.0034), "0.0034");
        assert_eq!(exact(1227.0), "1,227");
        assert_eq!(exact(0.6), "0.6");
    }
}
