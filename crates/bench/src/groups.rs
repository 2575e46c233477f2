//! What is done in rooms of many sizes, and measured: joins, commits and messages. Every run begins
//! from the same state, and nothing that it does stays.

use crate::measure::{Clock, Figure, Samples};
use crate::people::Person;
use crate::room::{Room, Seat, Tree, conversation, join_by_welcome, seen};
use anyhow::{Context as _, Result};
use undertone_mls::{Group, GroupChange};

/// Bytes of the message that is measured.
const MESSAGE_BYTES: usize = 1024;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Members, ascending.
    pub sizes: &'static [u32],
    /// How often each thing is done.
    pub runs: u32,
}

impl Plan {
    /// What docs/performance.md reports.
    pub const FULL: Self = Self {
        // The limit of 1,000 has room for one more who comes.
        sizes: &[10, 100, 300, 999],
        runs: 7,
    };
    /// Whether it works at all.
    pub const QUICK: Self = Self {
        sizes: &[3, 10],
        runs: 1,
    };
}

/// Measures all of it; `tell` hears what comes next.
pub fn measure(plan: Plan, clock: Clock<'_>, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (tree, name) in [(Tree::Full, "full"), (Tree::Sparse, "sparse")] {
        let mut room = Room::found(tree)?;
        for size in plan.sizes {
            tell(&format!("{size} members, {name} tree"));
            room.grow(*size)?;
            let mut samples = Samples::new(clock, format!("{size} {name}"));
            for run in 0..plan.runs {
                let comer = Person::new(1_000_000 + run)?;
                join(&room, &comer, &mut samples).context("a join")?;
                add(&room, &comer, &mut samples).context("an addition")?;
                change(&room, REMOVE, &mut samples).context("a removal")?;
                change(&room, UPDATE, &mut samples).context("a self-update")?;
                message(&room, &mut samples).context("a message")?;
                store(&room, &mut samples).context("the stores")?;
            }
            figures.extend(samples.figures());
        }
    }
    Ok(figures)
}

/// Somebody comes by the link.
fn join(room: &Room, comer: &Person, samples: &mut Samples<'_>) -> Result<()> {
    samples.bytes(
        "join: GroupInfo and tree to the joiner",
        room.door.group_info.len() + room.door.ratchet_tree.len(),
    );
    let (commit, _) = samples.time("join: the joiner makes the commit", || room.join(comer))?;
    samples.bytes("join: commit to everyone", commit.commit.len());
    samples.time("join: the server checks it", || room.check(comer.id, &commit))?;
    apply(room.last(), "join: a member applies it", &commit.commit, samples)
}

/// The owner adds somebody.
fn add(room: &Room, comer: &Person, samples: &mut Samples<'_>) -> Result<()> {
    let (provider, mut group) = room.owner().group()?;
    let packages = [comer.key_package()?];
    let device = &room.owner().person().device;
    let commit = samples.time("add: the owner makes the commit", || {
        group.add(&provider, device, &packages, &seen())
    })?;
    samples.bytes("add: commit to everyone", commit.commit.len());
    samples.bytes(
        "add: Welcome to the one who is added",
        commit.welcome.as_ref().map_or(0, Vec::len),
    );
    let checked = samples.time("add: the server checks it", || {
        room.check(room.owner().person().id, &commit)
    })?;
    apply(room.last(), "add: a member applies it", &commit.commit, samples)?;
    samples.time("add: the one who is added joins", || {
        join_by_welcome(comer, &commit, &checked)
    })?;
    Ok(())
}

/// A commit that adds nobody, and the names of its figures.
#[derive(Clone, Copy)]
struct Change {
    removes: bool,
    made: &'static str,
    size: &'static str,
    checked: &'static str,
    applied: &'static str,
}

const REMOVE: Change = Change {
    removes: true,
    made: "remove: the owner makes the commit",
    size: "remove: commit to everyone",
    checked: "remove: the server checks it",
    applied: "remove: a member applies it",
};

const UPDATE: Change = Change {
    removes: false,
    made: "self-update: a member makes the commit",
    size: "self-update: commit to everyone",
    checked: "self-update: the server checks it",
    applied: "self-update: a member applies it",
};

fn change(room: &Room, change: Change, samples: &mut Samples<'_>) -> Result<()> {
    let owner = room.owner().person();
    let (provider, mut group) = room.owner().group()?;
    let remove: Vec<u32> = if change.removes {
        vec![somebody(&group, room)?]
    } else {
        Vec::new()
    };
    let commit = samples.time(change.made, || {
        let change = GroupChange {
            remove: &remove,
            ..GroupChange::default()
        };
        group.commit(&provider, &owner.device, change, &seen())
    })?;
    samples.bytes(change.size, commit.commit.len());
    samples.time(change.checked, || room.check(owner.id, &commit))?;
    apply(room.last(), change.applied, &commit.commit, samples)
}

/// The leaf of a member in the middle, neither the owner nor whoever came last.
fn somebody(group: &Group, room: &Room) -> Result<u32> {
    let seats = [room.owner().person().id, room.last().person().id];
    let members = group.members()?;
    let others: Vec<u32> = members
        .iter()
        .filter(|member| !seats.contains(&member.device))
        .map(|member| member.leaf)
        .collect();
    others
        .get(others.len() / 2)
        .copied()
        .context("nobody else is there")
}

fn apply(seat: &Seat, what: &'static str, commit: &[u8], samples: &mut Samples<'_>) -> Result<()> {
    let (provider, mut group) = seat.group()?;
    samples.time(what, || group.apply_commit(&provider, commit))?;
    Ok(())
}

/// The owner writes, and a member reads.
fn message(room: &Room, samples: &mut Samples<'_>) -> Result<()> {
    let (provider, mut group) = room.owner().group()?;
    let device = &room.owner().person().device;
    let text = [b'a'; MESSAGE_BYTES];
    let message = samples.time("message: encrypted", || {
        group.encrypt(&provider, device, &text, [7; 32])
    })?;
    samples.bytes("message: to everyone", message.len());
    let (provider, mut group) = room.last().group()?;
    let opened = samples.time("message: opened", || group.decrypt(&provider, &message))?;
    anyhow::ensure!(opened.plaintext == text, "the message came out as another");
    Ok(())
}

/// What a member and the server keep, and how long a member takes to read it.
fn store(room: &Room, samples: &mut Samples<'_>) -> Result<()> {
    let provider = room.last().copy();
    samples.time("kept: a member loads the group", || {
        Group::load(&provider, conversation())
    })?;
    samples.bytes("kept: by a member", provider.store().to_bytes()?.len());
    samples.bytes("kept: by the server", room.state.as_bytes().len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn everything_is_measured_at_every_size_in_both_trees() {
        let figures = measure(Plan::QUICK, &|| 0.0, &|_| {}).unwrap();
        let of = |place: &str| -> BTreeSet<(String, String)> {
            let here = figures.iter().filter(|figure| figure.place == place);
            here.map(|figure| (figure.what.clone(), figure.unit.clone()))
                .collect()
        };
        let all = of("10 full");
        assert_eq!(all.len(), 25, "{all:?}");
        for place in ["3 full", "3 sparse", "10 sparse"] {
            assert_eq!(of(place), all, "{place}");
        }
    }

    #[test]
    fn a_full_tree_makes_commits_small() {
        let plan = Plan {
            sizes: &[40],
            runs: 1,
        };
        let figures = measure(plan, &|| 0.0, &|_| {}).unwrap();
        let bytes = |place: &str| {
            let update = |figure: &&Figure| {
                figure.place == place && figure.what == UPDATE.size && figure.unit == "bytes"
            };
            figures.iter().find(update).map(|figure| figure.value).unwrap()
        };
        assert!(
            bytes("40 full") * 2.0 < bytes("40 sparse"),
            "{} and {}",
            bytes("40 full"),
            bytes("40 sparse")
        );
    }
}
