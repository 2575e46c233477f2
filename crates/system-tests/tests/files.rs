//! Files between two people, through a real server: large ones with little memory, over kills of both
//! sides, taken back, damaged, and gone with their messages.

#![allow(clippy::cast_possible_truncation, reason = "lengths in a test are small")]

use anyhow::{Context, Result, bail, ensure};
use rand::rngs::OsRng;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use undertone_client_core::MessageKey;
use undertone_client_core::file::Outgoing;
use undertone_client_core::message::draft::Draft;
use undertone_client_core::testing::{Checkpoints, FILE_CHECKPOINTS};
use undertone_system_tests::{Actor, MEGABYTE, World, made_file, made_hash, stories};
use undertone_wire::ConversationId;
use undertone_wire::content::Expiry;

async fn sends(actor: &Actor, talk: ConversationId, text: &str, files: Vec<Outgoing>) -> Result<MessageKey> {
    let key = actor.attaches(talk, text, files).await?;
    actor.client()?.wait_sent(key).await?;
    Ok(key)
}

/// Files that the server has.
fn blobs(world: &World) -> Result<Vec<PathBuf>> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
        if !directory.exists() {
            return Ok(());
        }
        for entry in std::fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                walk(&path, found)?;
            } else {
                found.push(path);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(&world.server_folder().join("blobs"), &mut found)?;
    Ok(found)
}

/// The most memory that this process had, in bytes, since [`forget_peak`].
fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kilobytes.context("no VmHWM")?.parse::<u64>()? * 1024)
}

fn forget_peak() -> Result<()> {
    Ok(std::fs::write("/proc/self/clear_refs", "5")?)
}

async fn two(world: &World) -> Result<(Actor, Actor, ConversationId)> {
    let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
    let talk = ada.opens("Bob").await?;
    bob.finds_conversation_with("Ada").await?;
    Ok((ada, bob, talk))
}

stories! {
    async fn files_arrive_as_they_were(world: &World) -> Result<()> {
        let (ada, bob, talk) = two(world).await?;
        sends(&ada, talk, "look", vec![made_file("a.bin", 3 * MEGABYTE + 7), made_file("empty", 0)]).await?;
        let got = bob.receives(talk, "look").await?;
        ensure!(got.files.iter().map(|file| file.name.as_str()).eq(["a.bin", "empty"]), "{got:?}");
        ensure!(bob.opens_file(&got, 0).await? == made_hash(3 * MEGABYTE + 7)?, "not the same");
        ensure!(bob.opens_file(&got, 1).await? == made_hash(0)?, "not empty");
        ensure!(blobs(world)?.len() == 2, "{:?}", blobs(world)?);
        Ok(())
    }

    async fn a_large_file_takes_little_memory(world: &World) -> Result<()> {
        let (ada, bob, talk) = two(world).await?;
        forget_peak()?;
        let before = peak()?;
        sends(&ada, talk, "large", vec![made_file("film", 64 * MEGABYTE)]).await?;
        let got = bob.receives(talk, "large").await?;
        ensure!(bob.opens_file(&got, 0).await? == made_hash(64 * MEGABYTE)?, "not the same");
        // Two clients and the server are in this process.
        let taken = peak()?.saturating_sub(before) / MEGABYTE;
        ensure!(taken < 32, "{taken} MB were needed");
        Ok(())
    }

    async fn an_upload_goes_on_over_kills_of_client_and_server(world: &World) -> Result<()> {
        let (ada, bob, talk) = two(world).await?;
        for point in FILE_CHECKPOINTS {
            let reached = Rc::new(Cell::new(0));
            let count = Rc::clone(&reached);
            let checkpoints = Checkpoints::new(move |at| {
                count.set(count.get() + u32::from(at == *point));
                at == *point && (count.get() == 4 || !point.contains("piece"))
            });
            ada.kill();
            ada.start(checkpoints.clone()).await?;
            let key = ada.attaches(talk, point, vec![made_file("large", 6 * MEGABYTE)]).await?;
            checkpoints.killed().await;
            ada.kill();
            world.kill_server();
            world.start_server().await?;
            ada.start(Checkpoints::default()).await?;
            ada.client()?.wait_sent(key).await?;
            let got = bob.receives(talk, point).await?;
            ensure!(bob.opens_file(&got, 0).await? == made_hash(6 * MEGABYTE)?, "not the same after {point}");
        }
        ensure!(bob.messages(talk)?.len() == FILE_CHECKPOINTS.len(), "{:?}", bob.timeline(talk));
        ensure!(blobs(world)?.len() == FILE_CHECKPOINTS.len(), "something was sent twice");
        Ok(())
    }

    async fn an_upload_that_is_taken_back_leaves_nothing_on_the_server(world: &World) -> Result<()> {
        let (ada, _bob, talk) = two(world).await?;
        let pieces = Cell::new(0);
        let checkpoints = Checkpoints::new(move |at| {
            pieces.set(pieces.get() + u32::from(at.ends_with("after_piece")));
            pieces.get() == 2
        });
        ada.kill();
        ada.start(checkpoints.clone()).await?;
        let key = ada.attaches(talk, "never mind", vec![made_file("large", 4 * MEGABYTE)]).await?;
        checkpoints.killed().await;
        ada.kill();
        ensure!(blobs(world)?.len() == 1, "nothing was begun: {:?}", blobs(world)?);
        // Away from the server it is taken back, and the server hears of it later.
        world.kill_server();
        ada.start(Checkpoints::default()).await?;
        ada.client()?.cancel_file(key, 0)?;
        world.start_server().await?;
        ada.client()?.catch_up().await?;
        ensure!(ada.client()?.message(key)?.is_none(), "the message is still there");
        ensure!(blobs(world)?.is_empty(), "{:?}", blobs(world)?);
        Ok(())
    }

    async fn a_file_that_was_changed_on_the_server_is_not_opened(world: &World) -> Result<()> {
        let (ada, bob, talk) = two(world).await?;
        sends(&ada, talk, "look", vec![made_file("a.bin", MEGABYTE)]).await?;
        let got = bob.receives(talk, "look").await?;
        let path = blobs(world)?.pop().context("no blob")?;
        let mut bytes = std::fs::read(&path)?;
        let middle = bytes.len() / 2;
        *bytes.get_mut(middle).context("empty")? ^= 1;
        std::fs::write(&path, bytes)?;
        match bob.opens_file(&got, 0).await {
            Ok(_) => bail!("it was opened"),
            Err(error) => ensure!(error.to_string().contains("damaged"), "{error:?}"),
        }
        Ok(())
    }

    async fn with_its_message_a_file_goes_from_the_server(world: &World) -> Result<()> {
        let (ada, bob, talk) = two(world).await?;
        let draft = Draft {
            text: "for a moment".to_owned(),
            expires: Some(Expiry::AfterSent(5)),
            ..Draft::default()
        };
        let key = MessageKey::random(&mut OsRng);
        ada.client()?.send_files(talk, key, (draft, vec![made_file("a.bin", 1000)])).await?;
        ada.client()?.wait_sent(key).await?;
        sends(&ada, talk, "taken back", vec![made_file("b.bin", 1000)]).await?;
        bob.receives(talk, "taken back").await?;
        ensure!(blobs(world)?.len() == 2, "{:?}", blobs(world)?);
        ada.deletes(talk, "taken back").await?;
        ada.sees_no_more(talk, "for a moment").await?;
        bob.sees_no_more(talk, "for a moment").await?;
        ada.client()?.catch_up().await?;
        ensure!(blobs(world)?.is_empty(), "{:?}", blobs(world)?);
        Ok(())
    }

    async fn what_is_over_the_servers_limit_is_said_before_it_is_sent(world: &World) -> Result<()> {
        let (ada, _bob, talk) = two(world).await?;
        let limit = ada.client()?.server_info().await?.file_bytes_max;
        ensure!(ada.client()?.file_bytes_max()? == limit, "the limit is not known");
        let refused = ada.attaches(talk, "too much", vec![made_file("huge", limit + 1)]).await;
        let error = refused.err().context("it was taken")?;
        ensure!(error.to_string().contains("over the limit"), "{error:?}");
        ensure!(ada.messages(talk)?.is_empty() && blobs(world)?.is_empty(), "something was sent");
        Ok(())
    }
}
