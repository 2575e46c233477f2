//! `send --file` and `save`: files of this machine as sources, and files of messages saved under names
//! that lead nowhere and replace nothing.

use super::Open;
use super::result::SavedResult;
use crate::args::SaveArgs;
use crate::error::CliError;
use crate::output::printable;
use async_trait::async_trait;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use undertone_client_core::file::{Download, FileSource, Outgoing, SourceError};
use undertone_client_core::{Client, MessageKey};
use undertone_wire::MessageId;

/// So many names are tried where the first ones are taken.
const NAMES_MAX: u32 = 1000;

/// What a few endings say of a file. Of others nothing is said.
const MEDIA_TYPES: [(&str, &str); 20] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("avif", "image/avif"),
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/opus"),
    ("flac", "audio/flac"),
    ("wav", "audio/wav"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("zip", "application/zip"),
    ("json", "application/json"),
];

/// A file of this machine that is to be sent.
pub(super) fn outgoing(path: &Path) -> Result<Outgoing, CliError> {
    let unreadable = |source| CliError::File {
        path: path.to_owned(),
        source,
    };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unreadable(io::ErrorKind::InvalidInput.into()));
    }
    // Whoever may not read it hears it before anything is sent.
    drop(File::open(path).map_err(unreadable)?);
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    let known = MEDIA_TYPES
        .iter()
        .find(|(known, _)| ending.as_deref() == Some(known));
    Ok(Outgoing {
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        media_type: known
            .map(|(_, media_type)| (*media_type).to_owned())
            .unwrap_or_default(),
        preview: None,
        duration_ms: None,
        source: Box::new(PathSource {
            path: path.to_owned(),
            size: metadata.len(),
        }),
    })
}

/// The bytes of a file of this machine.
struct PathSource {
    path: PathBuf,
    size: u64,
}

#[async_trait(?Send)]
impl FileSource for PathSource {
    fn size(&self) -> u64 {
        self.size
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, SourceError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => SourceError::Changed,
            _ => SourceError::Failed(error.into()),
        };
        let mut file = File::open(&self.path).map_err(failed)?;
        if file.metadata().map_err(failed)?.len() != self.size {
            return Err(SourceError::Changed);
        }
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }
}

pub(super) async fn save(open: &mut Open, args: SaveArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let unknown = || CliError::UnknownMessage(args.message.clone());
    let id: MessageId = args.message.parse().map_err(|_invalid| unknown())?;
    let key = open.client.message_key(id)?.ok_or_else(unknown)?;
    let message = open.client.message(key)?.ok_or_else(unknown)?;
    if message.files.is_empty() {
        return Err(CliError::NoFiles);
    }
    let directory = args.to.unwrap_or_else(|| PathBuf::from("."));
    for file in &message.files {
        let saved = save_one(&open.client, (key, file.index), &directory).await?;
        open.output.print(&saved, |saved| {
            format!("Saved {}.", printable(&saved.path.to_string_lossy()))
        })?;
    }
    Ok(())
}

/// Saves a file of a message under a name that is free in a folder.
pub(super) async fn save_one(
    client: &Client,
    (key, index): (MessageKey, u32),
    directory: &Path,
) -> Result<SavedResult, CliError> {
    let mut download = client.download(key, index)?;
    let (path, mut file) = create(directory, &download.name())?;
    let size = download.size();
    match write(&mut download, (&path, &mut file)).await {
        Ok(()) => Ok(SavedResult { path, size }),
        Err(error) => {
            // A part of a file, or one that is not what was sent, is of no use to anybody.
            drop(file);
            if let Err(left) = std::fs::remove_file(&path) {
                tracing::warn!(
                    error = &left as &dyn std::error::Error,
                    "a part of a file was left"
                );
            }
            Err(error)
        }
    }
}

async fn write(download: &mut Download, (path, file): (&Path, &mut File)) -> Result<(), CliError> {
    let failed = |source| CliError::File {
        path: path.to_owned(),
        source,
    };
    while let Some(piece) = download.next().await? {
        file.write_all(&piece).map_err(failed)?;
    }
    file.sync_all().map_err(failed)
}

/// Makes a file that was not there before, under this name or one with a number.
fn create(directory: &Path, name: &str) -> Result<(PathBuf, File), CliError> {
    let mut taken = None;
    for number in 1..=NAMES_MAX {
        let path = directory.join(numbered(name, number));
        // Fails where something is, be it a link that leads elsewhere.
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
                taken = Some(CliError::File { path, source });
            }
            Err(source) => return Err(CliError::File { path, source }),
        }
    }
    Err(taken.unwrap_or(CliError::NoFiles))
}

/// `name.txt`, `name (2).txt`, `name (3).txt` …
fn numbered(name: &str, number: u32) -> String {
    if number == 1 {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem} ({number}).{ending}"),
        _ => format!("{name} ({number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_there_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "old").unwrap();
        let (path, _file) = create(folder.path(), "a.txt").unwrap();
        assert_eq!(path, folder.path().join("a (2).txt"));
        let (path, _file) = create(folder.path(), "a.txt").unwrap();
        assert_eq!(path, folder.path().join("a (3).txt"));
        assert_eq!(std::fs::read(folder.path().join("a.txt")).unwrap(), b"old");
        assert_eq!(numbered("README", 2), "README (2)");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_saved_cannot_be_run_and_no_link_is_followed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, folder.path().join("run.sh")).unwrap();
        let (path, file) = create(folder.path(), "run.sh").unwrap();
        assert_eq!(path, folder.path().join("run (2).sh"));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o111, 0);
        assert!(!elsewhere.exists());
    }

    #[test]
    fn only_files_are_sent() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(outgoing(folder.path()).unwrap_err().code(), "file_unreadable");
        let path = folder.path().join("a.PNG");
        assert_eq!(outgoing(&path).unwrap_err().code(), "file_unreadable");
        std::fs::write(&path, "x").unwrap();
        let file = outgoing(&path).unwrap();
        assert_eq!(
            (file.name.as_str(), file.media_type.as_str()),
            ("a.PNG", "image/png")
        );
    }
}
