//! Files for their owner alone: locked, read, and written so that they are there wholly or not at all.

use crate::profile::ProfileError;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;

const LOCK_FILE: &str = "lock";

/// The lock of a directory: held as long as the file is open; the system lets go of it when the process ends, however it ends.
pub(crate) fn lock(directory: &Path) -> Result<File, ProfileError> {
    let path = directory.join(LOCK_FILE);
    let file = private_file()
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(file_error(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ProfileError::InUse(directory.to_path_buf())),
        Err(TryLockError::Error(source)) => Err(ProfileError::File { path, source }),
    }
}

/// The bytes of a file, if it is there.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, ProfileError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file_error(path)(error)),
    }
}

/// Writes a file so that it is there wholly or not at all, and only for its owner.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ProfileError> {
    let new = path.with_extension("new");
    let written = (|| {
        let mut file = private_file().create(true).truncate(true).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    written.map_err(file_error(path))
}

/// Makes a file for its owner alone that was not there before.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    private_file().create_new(true).open(path)
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a directory that only its owner can look into, and those above it.
pub(crate) fn make_directory(path: &Path) -> Result<(), ProfileError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(file_error(path))
}

/// What went wrong with a file.
pub(crate) fn file_error(path: &Path) -> impl Fn(io::Error) -> ProfileError {
    let path = path.to_path_buf();
    move |source| ProfileError::File {
        path: path.clone(),
        source,
    }
}
