//! Several servers on one PostgreSQL and one NATS: people who are at different ones notice nothing of it,
//! also when the bus or a server fails.

use anyhow::{Context, Result, ensure};
use std::time::Duration;
use tokio::time::timeout;
use undertone_client_core::MessageKey;
use undertone_client_core::view::{ConversationStateView, SessionView};
use undertone_system_tests::{Actor, Line, Nodes, all_are_together, story_of_nodes};
use undertone_wire::ConversationId;
use undertone_wire::group::Role::Admin;

/// A server's clients go on at another within this, and what the bus lost arrives within it.
const SOON: Duration = Duration::from_secs(10);
/// Time for so many messages that it would not do if each waited until the database is looked at.
const AT_ONCE: Duration = Duration::from_secs(20);
const MANY: usize = 40;

async fn soon<T>(what: &str, happens: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(SOON, happens)
        .await
        .with_context(|| format!("not soon enough: {what}"))?
}

/// Ada at the first server, Bob at the second, with a conversation.
async fn two_at_two(nodes: &Nodes) -> Result<(Actor, Actor, ConversationId)> {
    let (ada, bob) = (nodes.user("Ada", 0).await?, nodes.user("Bob", 1).await?);
    bob.key_packages_are_there().await?;
    let talk = ada.opens("Bob").await?;
    bob.finds_conversation_with("Ada").await?;
    Ok((ada, bob, talk))
}

/// All of these are shown the same lines in the same order, and so many.
async fn the_same_at_all(actors: &[&Actor], talk: ConversationId, count: usize) -> Result<()> {
    for actor in actors {
        actor
            .until("all lines", |_| {
                Ok((actor.acknowledged(talk)?.len() >= count).then_some(()))
            })
            .await?;
    }
    let shown: Result<Vec<Vec<Line>>> = actors.iter().map(|actor| actor.acknowledged(talk)).collect();
    let shown = shown?;
    ensure!(
        shown.iter().all(|lines| lines.len() == count),
        "a line is there twice: {shown:?}"
    );
    ensure!(
        shown.iter().all(|lines| Some(lines) == shown.first()),
        "different orders: {shown:?}"
    );
    Ok(())
}

#[test]
fn people_at_different_servers_talk_without_delay() -> Result<()> {
    story_of_nodes(2, async |nodes: &Nodes| {
        let (ada, bob, talk) = two_at_two(nodes).await?;
        let talking = async {
            for number in 0..MANY {
                let text = format!("line {number}");
                let (from, to) = if number % 2 == 0 {
                    (&ada, &bob)
                } else {
                    (&bob, &ada)
                };
                from.sends(talk, &text).await?;
                to.sees(talk, &[(from.name(), &text)]).await?;
            }
            anyhow::Ok(())
        };
        timeout(AT_ONCE, talking)
            .await
            .context("the bus carries nothing")??;
        the_same_at_all(&[&ada, &bob], talk, MANY).await
    })
}

/// Writes a line that nobody else writes.
async fn writes_line(author: &Actor, talk: ConversationId, number: usize) -> Result<MessageKey> {
    author.writes(talk, &format!("{} {number}", author.name())).await
}

#[test]
fn what_is_said_at_two_servers_at_once_has_one_order() -> Result<()> {
    story_of_nodes(2, async |nodes: &Nodes| {
        let (ada, bob, talk) = two_at_two(nodes).await?;
        let mut keys = Vec::new();
        for number in 0..MANY {
            for author in [&ada, &bob] {
                keys.push((author, writes_line(author, talk, number).await?));
            }
        }
        for (author, key) in keys {
            author.client()?.wait_sent(key).await?;
        }
        the_same_at_all(&[&ada, &bob], talk, 2 * MANY).await
    })
}

#[test]
fn of_two_commits_at_two_servers_each_counts_once() -> Result<()> {
    story_of_nodes(2, async |nodes: &Nodes| {
        let (ada, bob) = (nodes.user("Ada", 0).await?, nodes.user("Bob", 1).await?);
        let (cleo, dan) = (nodes.user("Cleo", 1).await?, nodes.user("Dan", 0).await?);
        for actor in [&bob, &cleo, &dan] {
            actor.key_packages_are_there().await?;
        }
        let crew = ada.founds_a_group("Crew", &[&bob]).await?;
        bob.finds_conversation_with("Crew").await?;
        ada.makes(crew, &bob, Admin).await?;
        bob.until("Bob is admin", |_| {
            Ok(bob.view(crew)?.filter(|view| view.role == Admin).map(|_| ()))
        })
        .await?;
        let (cleos, dans) = ([&cleo], [&dan]);
        let (one, other) = tokio::join!(ada.adds(crew, &cleos), bob.adds(crew, &dans));
        one?;
        other?;
        for newcomer in [&cleo, &dan] {
            newcomer.finds_conversation_with("Crew").await?;
        }
        let all = [&ada, &bob, &cleo, &dan];
        all_are_together(all.into_iter(), crew).await?;
        for actor in all {
            actor.sends(crew, &format!("{} is here", actor.name())).await?;
        }
        for actor in all {
            actor.reads(crew, "Dan", "Dan is here").await?;
        }
        ada.removes(crew, cleo.user()?).await?;
        cleo.stands(crew, ConversationStateView::Removed).await
    })
}

#[test]
fn what_the_bus_swallows_arrives_though_nothing_follows() -> Result<()> {
    story_of_nodes(2, async |nodes: &Nodes| {
        let (ada, bob, talk) = two_at_two(nodes).await?;
        nodes.pull_wire(1)?;
        ada.sends(talk, "swallowed").await?;
        soon("a message", bob.sees(talk, &[("Ada", "swallowed")])).await?;
        bob.sends(talk, "on the other way, too").await?;
        soon("an answer", ada.sees(talk, &[("Bob", "on the other way, too")])).await?;
        let cleo = nodes.user("Cleo", 1).await?;
        cleo.key_packages_are_there().await?;
        let crew = ada.founds_a_group("Crew", &[&bob, &cleo]).await?;
        soon("a Welcome", cleo.finds_conversation_with("Crew")).await?;
        soon("another", bob.finds_conversation_with("Crew")).await?;
        ada.removes(crew, bob.user()?).await?;
        soon("a removal", bob.stands(crew, ConversationStateView::Removed)).await?;
        nodes.mend_wire(1)?;
        ada.sends(crew, "whole again").await?;
        soon("what comes then", cleo.sees(crew, &[("Ada", "whole again")])).await
    })
}

#[test]
fn a_bus_that_is_away_and_comes_back_loses_nothing() -> Result<()> {
    story_of_nodes(2, async |nodes: &Nodes| {
        let (ada, bob, talk) = two_at_two(nodes).await?;
        nodes.nats.kill();
        ada.sends(talk, "without a bus").await?;
        soon("a message", bob.sees(talk, &[("Ada", "without a bus")])).await?;
        nodes.nats.restart().await?;
        bob.sends(talk, "it is back").await?;
        soon("an answer", ada.sees(talk, &[("Bob", "it is back")])).await?;
        nodes.cut_wire(0)?;
        ada.sends(talk, "one has none").await?;
        soon("a message", bob.sees(talk, &[("Ada", "one has none")])).await?;
        nodes.mend_wire(0)?;
        the_same_at_all(&[&ada, &bob], talk, 3).await
    })
}

#[test]
fn the_clients_of_a_killed_server_go_on_at_another() -> Result<()> {
    story_of_nodes(2, async |nodes: &Nodes| {
        let (ada, bob, talk) = two_at_two(nodes).await?;
        let mut keys = Vec::new();
        for number in 0..MANY {
            for author in [&ada, &bob] {
                keys.push((author, writes_line(author, talk, number).await?));
            }
            if number == MANY / 2 {
                nodes.kill_node(1)?;
                nodes.stand_in(1, 0)?;
            }
        }
        let all_sent = async {
            for (author, key) in keys {
                author.client()?.wait_sent(key).await?;
            }
            the_same_at_all(&[&ada, &bob], talk, 2 * MANY).await
        };
        soon("everything", all_sent).await
    })
}

#[test]
fn servers_are_restarted_one_after_another_while_people_talk() -> Result<()> {
    story_of_nodes(3, async |nodes: &Nodes| {
        let (ada, bob, talk) = two_at_two(nodes).await?;
        let mut count = 0;
        for number in 0..3 {
            let next = (number + 1) % 3;
            let before = bob.writes(talk, &format!("before {number}")).await?;
            nodes.stop_node(number).await?;
            nodes.stand_in(number, next)?;
            ada.sends(talk, &format!("while {number} is away")).await?;
            bob.client()?.wait_sent(before).await?;
            nodes.start_node(number).await?;
            count += 2;
        }
        the_same_at_all(&[&ada, &bob], talk, count).await
    })
}

#[test]
fn behind_a_balancer_nobody_notices_that_servers_go_and_come() -> Result<()> {
    story_of_nodes(2, async |nodes: &Nodes| {
        let balancer = nodes.balancer().await?;
        let ada = nodes.user_behind(&balancer, "Ada").await?;
        let bob = nodes.user_behind(&balancer, "Bob").await?;
        bob.key_packages_are_there().await?;
        let talk = ada.opens("Bob").await?;
        bob.finds_conversation_with("Ada").await?;
        for number in 0..2 {
            nodes.kill_node(number)?;
            let text = format!("without {number}");
            let said = async {
                ada.sends(talk, &text).await?;
                bob.sees(talk, &[("Ada", &text)]).await
            };
            soon("what is said at the other server", said).await?;
            nodes.start_node(number).await?;
        }
        the_same_at_all(&[&ada, &bob], talk, 2).await
    })
}

#[test]
fn a_device_that_is_signed_out_is_cut_off_at_every_server_with_or_without_the_bus() -> Result<()> {
    story_of_nodes(2, async |nodes: &Nodes| {
        let phone = nodes.user("Ada", 0).await?;
        for has_bus in [true, false] {
            let laptop = nodes.device("Ada", 1).await?;
            laptop.logs_in().await?;
            laptop.key_packages_are_there().await?;
            if !has_bus {
                nodes.pull_wire(1)?;
            }
            let devices = phone.client()?.devices().await?;
            let other = devices
                .iter()
                .find(|device| !device.current)
                .context("one device")?;
            phone.client()?.retire_device(other.device).await?;
            let signed_out = laptop.until("it is signed out", |client| {
                Ok(matches!(client.session(), SessionView::SignedOut { ended: true, .. }).then_some(()))
            });
            soon("the end of a session", signed_out).await?;
        }
        Ok(())
    })
}
