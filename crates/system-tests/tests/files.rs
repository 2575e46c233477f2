//! Files between two people, through a real server: large ones with little memory, over kills of both
//! sides, taken back, damaged, and gone with their messages.

#![allow(clippy::cast_possible_truncation, reason = "lengths in a test are small")]

use anyhow::{Context, Result, bail, ensure};
use async_trait::async_trait;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use undertone_client_core::MessageKey;
use undertone_client_core::file::{FileSource, Outgoing, SourceError};
use undertone_client_core::message::draft::Draft;
use undertone_client_core::testing::{Checkpoints, FILE_CHECKPOINTS};
use undertone_client_core::view::MessageView;
use undertone_system_tests::{Actor, World, stories};
use undertone_wire::ConversationId;
use undertone_wire::content::Expiry;

const MEGABYTE: u64 = 1024 * 1024;

/// A file of any length that is nowhere: each page of it is its number, again and again.
struct Made(u64);

const PAGE: u64 = 4096;

fn made(from: u64, length: usize) -> Vec<u8> {
    let skip = (from % PAGE) as usize;
    let mut bytes = Vec::with_capacity(length + 2 * PAGE as usize);
    for page in from / PAGE.. {
        if bytes.len() >= skip + length {
            break;
        }
        bytes.extend(page.to_be_bytes().repeat(PAGE as usize / 8));
    }
    bytes.truncate(skip + length);
    bytes.split_off(skip)
}

#[async_trait(?Send)]
impl FileSource for Made {
    fn size(&self) -> u64 {
        self.0
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, SourceError> {
        Ok(made(offset, length))
    }
}

fn file(name: &str, size: u64) -> Outgoing {
    Outgoing {
        name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        preview: None,
        duration_ms: None,
        source: Box::new(Made(size)),
    }
}

/// Hands files over, without waiting for the server.
async fn attaches(
    actor: &Actor,
    talk: ConversationId,
    text: &str,
    files: Vec<Outgoing>,
) -> Result<MessageKey> {
    let key = MessageKey::random(&mut OsRng);
    Ok(actor.client()?.send_files(talk, key, (text, files)).await?)
}

async fn sends(actor: &Actor, talk: ConversationId, text: &str, files: Vec<Outgoing>) -> Result<MessageKey> {
    let key = attaches(actor, talk, text, files).await?;
    actor.client()?.wait_sent(key).await?;
    Ok(key)
}

/// Waits for a message with this text.
async fn receives(actor: &Actor, talk: ConversationId, text: &str) -> Result<MessageView> {
    actor
        .until(&format!("{} receives {text:?}", actor.name()), |_| {
            Ok(actor.message_saying(talk, text).ok())
        })
        .await
}

/// Opens a file; gives its length and hash.
async fn opens(actor: &Actor, message: &MessageView, index: u32) -> Result<(u64, Vec<u8>)> {
    let mut download = actor.client()?.download(message.key, index)?;
    let (mut length, mut hash) = (0, Sha256::new());
    while let Some(piece) = download.next().await? {
        length += u64::try_from(piece.len())?;
        hash.update(&piece);
    }
    Ok((length, hash.finalize().to_vec()))
}

/// What [`opens`] must give.
fn known(size: u64) -> (u64, Vec<u8>) {
    let mut hash = Sha256::new();
    for from in (0..size).step_by(MEGABYTE as usize) {
        hash.update(made(from, (size - from).min(MEGABYTE) as usize));
    }
    (size, hash.finalize().to_vec())
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
        sends(&ada, talk, "look", vec![file("a.bin", 3 * MEGABYTE + 7), file("empty", 0)]).await?;
        let got = receives(&bob, talk, "look").await?;
        ensure!(got.files.iter().map(|file| file.name.as_str()).eq(["a.bin", "empty"]), "{got:?}");
        ensure!(opens(&bob, &got, 0).await? == known(3 * MEGABYTE + 7), "not the same");
        ensure!(opens(&bob, &got, 1).await? == known(0), "not empty");
        ensure!(blobs(world)?.len() == 2, "{:?}", blobs(world)?);
        Ok(())
    }

    async fn a_large_file_takes_little_memory(world: &World) -> Result<()> {
        let (ada, bob, talk) = two(world).await?;
        forget_peak()?;
        let before = peak()?;
        sends(&ada, talk, "large", vec![file("film", 64 * MEGABYTE)]).await?;
        let got = receives(&bob, talk, "large").await?;
        ensure!(opens(&bob, &got, 0).await? == known(64 * MEGABYTE), "not the same");
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
            let key = attaches(&ada, talk, point, vec![file("large", 6 * MEGABYTE)]).await?;
            checkpoints.killed().await;
            ada.kill();
            world.kill_server();
            world.start_server().await?;
            ada.start(Checkpoints::default()).await?;
            ada.client()?.wait_sent(key).await?;
            let got = receives(&bob, talk, point).await?;
            ensure!(opens(&bob, &got, 0).await? == known(6 * MEGABYTE), "not the same after {point}");
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
        let key = attaches(&ada, talk, "never mind", vec![file("large", 4 * MEGABYTE)]).await?;
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
        sends(&ada, talk, "look", vec![file("a.bin", MEGABYTE)]).await?;
        let got = receives(&bob, talk, "look").await?;
        let path = blobs(world)?.pop().context("no blob")?;
        let mut bytes = std::fs::read(&path)?;
        let middle = bytes.len() / 2;
        *bytes.get_mut(middle).context("empty")? ^= 1;
        std::fs::write(&path, bytes)?;
        match opens(&bob, &got, 0).await {
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
        ada.client()?.send_files(talk, key, (draft, vec![file("a.bin", 1000)])).await?;
        ada.client()?.wait_sent(key).await?;
        sends(&ada, talk, "taken back", vec![file("b.bin", 1000)]).await?;
        receives(&bob, talk, "taken back").await?;
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
        let refused = attaches(&ada, talk, "too much", vec![file("huge", limit + 1)]).await;
        let error = refused.err().context("it was taken")?;
        ensure!(error.to_string().contains("over the limit"), "{error:?}");
        ensure!(ada.messages(talk)?.is_empty() && blobs(world)?.is_empty(), "something was sent");
        Ok(())
    }
}
