//! Files with several servers whose files lie on one S3: begun at one server, gone on with at another, opened
//! at a third, whatever dies in between.

use anyhow::{Result, ensure};
use undertone_system_tests::{Actor, MEGABYTE, Nodes, made_file, made_hash, story_of_nodes_on_s3};
use undertone_test_s3::Mood;
use undertone_wire::ConversationId;

const SIZE: u64 = 12 * MEGABYTE + 7;

/// Ada at the first server, Bob at the last.
async fn two(nodes: &Nodes, last: usize) -> Result<(Actor, Actor, ConversationId)> {
    let (ada, bob) = (nodes.user("Ada", 0).await?, nodes.user("Bob", last).await?);
    bob.key_packages_are_there().await?;
    let talk = ada.opens("Bob").await?;
    bob.finds_conversation_with("Ada").await?;
    Ok((ada, bob, talk))
}

async fn arrives(bob: &Actor, talk: ConversationId, text: &str) -> Result<()> {
    let got = bob.receives(talk, text).await?;
    ensure!(bob.opens_file(&got, 0).await? == made_hash(SIZE)?, "not the same");
    Ok(())
}

/// Waits until so many requests have come to S3 beside those of the servers' start.
async fn has_answered(nodes: &Nodes, requests: u64) -> Result<()> {
    let wanted = nodes.s3()?.requests() + requests;
    while nodes.s3()?.requests() < wanted {
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[test]
fn a_file_goes_up_at_one_server_and_comes_down_at_another() -> Result<()> {
    story_of_nodes_on_s3(2, async |nodes: &Nodes| {
        let (ada, bob, talk) = two(nodes, 1).await?;
        let key = ada.attaches(talk, "look", vec![made_file("film", SIZE)]).await?;
        ada.client()?.wait_sent(key).await?;
        arrives(&bob, talk, "look").await?;
        ada.deletes(talk, "look").await?;
        ada.client()?.catch_up().await?;
        let left = nodes.s3()?.objects()?;
        ensure!(left.is_empty(), "{left:?}");
        Ok(())
    })
}

#[test]
fn an_upload_goes_on_at_another_server_when_its_own_is_killed() -> Result<()> {
    story_of_nodes_on_s3(3, async |nodes: &Nodes| {
        let (ada, bob, talk) = two(nodes, 2).await?;
        let key = ada.attaches(talk, "look", vec![made_file("film", SIZE)]).await?;
        has_answered(nodes, 14).await?;
        nodes.kill_node(0)?;
        let done = nodes.s3()?.objects()?.len();
        ensure!(done < 12, "it was there already");
        nodes.stand_in(0, 1)?;
        ada.client()?.wait_sent(key).await?;
        arrives(&bob, talk, "look").await
    })
}

#[test]
fn while_s3_fails_people_talk_and_then_the_file_arrives() -> Result<()> {
    story_of_nodes_on_s3(2, async |nodes: &Nodes| {
        let (ada, bob, talk) = two(nodes, 1).await?;
        nodes.s3()?.behave(Mood::Overloaded);
        let key = ada.attaches(talk, "look", vec![made_file("film", SIZE)]).await?;
        has_answered(nodes, 1).await?;
        ada.sends(talk, "it takes a moment").await?;
        bob.sees(talk, &[("Ada", "it takes a moment")]).await?;
        nodes.s3()?.behave(Mood::Well);
        ada.client()?.wait_sent(key).await?;
        arrives(&bob, talk, "look").await
    })
}
