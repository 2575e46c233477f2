//! Files and directories that appear under their name when they are whole, or never. What was begun and
//! not finished goes when it is dropped.

use super::{BackupError, at};
use crate::key_file::create_private_directory;
use data_encoding::HEXLOWER;
use rand::RngCore;
use rand::rngs::OsRng;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A directory beside the one that it will be.
pub(super) struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// A directory for its owner alone, beside `target`.
    pub(super) fn beside(target: &Path) -> Result<Self, BackupError> {
        let path = unfinished_name(target);
        if let Some(parent) = path.parent() {
            create_private_directory(parent).map_err(at(parent))?;
        }
        create_private_directory(&path).map_err(at(&path))?;
        Ok(Self { path })
    }

    /// A directory for its owner alone, in `directory`.
    pub(super) fn within(directory: &Path) -> Result<Self, BackupError> {
        Self::beside(&directory.join("backup"))
    }

    /// Where it is now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name. An empty directory of that name is replaced; one that is not is left alone.
    pub(super) fn finish(self, target: &Path) -> Result<(), BackupError> {
        sync_directories(&self.path)?;
        match fs::rename(&self.path, target) {
            Ok(()) => sync_parent(target),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                Err(BackupError::NotEmpty(target.to_owned()))
            }
            Err(error) => Err(at(target)(error)),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what was not finished is left behind"
                );
            }
            _ => {}
        }
    }
}

/// A file beside the one that it will be.
pub(super) struct UnfinishedFile {
    path: PathBuf,
}

impl UnfinishedFile {
    /// Makes one for its owner alone.
    pub(super) fn beside(target: &Path) -> Result<(Self, File), BackupError> {
        let path = unfinished_name(target);
        let file = create_new(&path)?;
        Ok((Self { path }, file))
    }

    /// Where it is now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, which nothing may have yet.
    pub(super) fn finish(self, target: &Path) -> Result<(), BackupError> {
        match fs::hard_link(&self.path, target) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(BackupError::Exists(target.to_owned()));
            }
            // Not every file system has links.
            Err(_) if !target.exists() => fs::rename(&self.path, target).map_err(at(target))?,
            Err(_) => return Err(BackupError::Exists(target.to_owned())),
        }
        sync_parent(target)
    }
}

impl Drop for UnfinishedFile {
    fn drop(&mut self) {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what was not finished is left behind"
                );
            }
            _ => {}
        }
    }
}

/// Fails unless `path` is an empty directory or nothing at all.
pub(super) fn must_be_empty(path: &Path) -> Result<(), BackupError> {
    match fs::read_dir(path) {
        Ok(mut inside) => match inside.next() {
            None => Ok(()),
            Some(_) => Err(BackupError::NotEmpty(path.to_owned())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(path)(error)),
    }
}

/// Makes a file for its owner alone that was not there before.
pub(super) fn create_new(path: &Path) -> Result<File, BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(at(path))
}

fn unfinished_name(target: &Path) -> PathBuf {
    let mut random = [0; 8];
    OsRng.fill_bytes(&mut random);
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    target.with_file_name(format!(".{name}.{}.unfinished", HEXLOWER.encode(&random)))
}

fn sync_parent(path: &Path) -> Result<(), BackupError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let synced = File::open(parent).and_then(|directory| directory.sync_all());
    synced.map_err(at(parent))
}

/// Names survive a power cut, too. The files themselves were written through one by one.
fn sync_directories(path: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(path).map_err(at(path))? {
        let entry = entry.map_err(at(path))?;
        if entry.file_type().map_err(at(path))?.is_dir() {
            sync_directories(&entry.path())?;
        }
    }
    let synced = File::open(path).and_then(|directory| directory.sync_all());
    synced.map_err(at(path))
}
