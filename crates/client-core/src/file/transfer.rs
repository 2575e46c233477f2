//! What becomes of files besides their way to the server: those of others arrive, own ones are halted,
//! resumed, taken back, and deleted with their messages.

use super::error::FileError;
use super::upload;
use crate::core::Core;
use crate::error::ClientError;
use crate::message::key::MessageKey;
use crate::message::send::announce;
use crate::store::file::{FilePlace, FileState, StoredFile};
use crate::store::message::{MessageState, StoredMessage};
use std::rc::Rc;
use undertone_wire::content::Attachment;
use undertone_wire::limits::FILE_BYTES_MAX;

/// The longest file that this server takes, as far as this device knows.
pub(crate) fn size_limit(core: &Core) -> Result<u64, ClientError> {
    let told = core.store.server_info()?.map(|info| info.file_bytes_max);
    // Nothing is said by a server that does not say.
    let told = told.filter(|most| *most > 0);
    Ok(told.unwrap_or(FILE_BYTES_MAX).min(FILE_BYTES_MAX))
}

/// Keeps the files of a message that arrived. Part of the entry's transaction.
pub(crate) fn received(core: &Core, message: i64, attachment: &Attachment) -> Result<(), ClientError> {
    for (place, reference) in (0..).zip(&attachment.files) {
        core.store.add_file(&StoredFile {
            message,
            place,
            reference: reference.clone(),
            state: FileState::Complete,
            sent: 0,
            is_here: false,
        })?;
    }
    Ok(())
}

/// Halts an upload.
pub(crate) fn pause(core: &Core, key: MessageKey, index: u32) -> Result<(), ClientError> {
    let (message, file) = find(core, key, index)?;
    if file.state == FileState::Uploading {
        core.transaction(|| Ok(core.store.set_file_state(file.at(), &FileState::Paused)?))?;
        announce(core, message.conversation);
    }
    Ok(())
}

/// Goes on with an upload that was halted or has failed.
pub(crate) fn resume(core: &Rc<Core>, key: MessageKey, index: u32) -> Result<(), ClientError> {
    let (message, file) = find(core, key, index)?;
    resume_these(core, &message, &[file])
}

/// Goes on with all uploads of a message; says whether there are any to be finished.
pub(crate) fn resume_all(core: &Core, message: &StoredMessage) -> Result<bool, ClientError> {
    let files = core.store.files(message.row)?;
    let unfinished = files.iter().any(|file| file.state != FileState::Complete);
    if unfinished {
        resume_these(core, message, &files)?;
    }
    Ok(unfinished)
}

fn resume_these(core: &Core, message: &StoredMessage, files: &[StoredFile]) -> Result<(), ClientError> {
    // What was never read to its end is not on this device.
    let can = |file: &&StoredFile| match &file.state {
        FileState::Paused => true,
        FileState::Failed(_) => file.is_here,
        FileState::Complete | FileState::Sealing | FileState::Uploading => false,
    };
    let halted: Vec<_> = files.iter().filter(can).collect();
    if halted.is_empty() {
        return Ok(());
    }
    core.transaction(|| {
        for file in &halted {
            core.store.set_file_state(file.at(), &FileState::Uploading)?;
        }
        Ok(core
            .store
            .set_message_state(message.row, &MessageState::Sending)?)
    })?;
    announce(core, message.conversation);
    Ok(())
}

/// Takes a file back that is on its way. With the last one goes the message.
pub(crate) fn cancel(core: &Core, key: MessageKey, index: u32) -> Result<(), ClientError> {
    let (message, file) = find(core, key, index)?;
    if is_queued(&core.store.files(message.row)?) {
        return Ok(());
    }
    core.transaction(|| {
        core.store.delete_file(file.at())?;
        let left = core.store.files(message.row)?;
        if left.is_empty() {
            core.store.delete_message(message.row)?;
            return Ok(());
        }
        let failed = left.iter().any(|file| matches!(file.state, FileState::Failed(_)));
        if !failed && matches!(message.state, MessageState::Failed(_)) {
            core.store
                .set_message_state(message.row, &MessageState::Sending)?;
        }
        // The others may have waited for this one alone.
        upload::queue_if_complete(core, message.row)
    })?;
    core.reaper.deleted();
    announce(core, message.conversation);
    Ok(())
}

/// A message that was never sent is about to be deleted: nobody needs its files. Part of a transaction.
pub(crate) fn withdrawn(core: &Core, message: i64) -> Result<(), ClientError> {
    Ok(core.store.delete_files(message, true)?)
}

/// A message was deleted for everyone, and that counts: its files go, on the server as well where the
/// user of this device put them there. Part of a transaction.
pub(crate) fn deleted_for_everyone(core: &Core, message: i64) -> Result<(), ClientError> {
    let own = core
        .store
        .message_of_row(message)?
        .is_some_and(|message| message.own);
    core.store.delete_files(message, own)?;
    core.signal.notify();
    Ok(())
}

/// Takes back a message that could not be stored as a whole.
pub(super) fn withdraw_row(core: &Core, row: i64) -> Result<(), ClientError> {
    let Some(message) = core.store.message_of_row(row)? else {
        return Ok(());
    };
    core.transaction(|| {
        withdrawn(core, row)?;
        Ok(core.store.delete_message(row)?)
    })?;
    core.reaper.deleted();
    announce(core, message.conversation);
    Ok(())
}

/// Whether a message's files are all on the server: it is queued or sent.
fn is_queued(files: &[StoredFile]) -> bool {
    files.iter().all(|file| file.state == FileState::Complete)
}

/// A message's file.
pub(super) fn find(
    core: &Core,
    key: MessageKey,
    index: u32,
) -> Result<(StoredMessage, StoredFile), ClientError> {
    let message = core.store.message(key)?.ok_or(ClientError::UnknownMessage)?;
    let at = FilePlace {
        message: message.row,
        place: index,
    };
    let file = core.store.file(at)?.ok_or(FileError::Unknown)?;
    Ok((message, file))
}
