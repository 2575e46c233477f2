//! Why a file cannot be sent, read or saved, by what can be done about it.

use super::seal::OpenError;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A message has at least one file and at most ten.
    #[error("a message takes 1 to 10 files")]
    Count,
    /// The file is over a limit; nothing of it was sent.
    #[error("{} is over the limit of {}", words(*.size), words(*.limit))]
    TooLarge {
        /// Its length in bytes.
        size: u64,
        /// The longest, in bytes.
        limit: u64,
    },
    /// The thumbnail, the media type or the dimensions are beyond their limits.
    #[error("the description of this file cannot be used")]
    Description,
    /// The file could not be read to its end.
    #[error("the file could not be read")]
    Unreadable(#[source] SourceError),
    /// The picture is not built as its first bytes say: what it tells of place and time cannot be removed.
    #[error("this picture is damaged, so that what it tells of you cannot be removed from it")]
    PictureDamaged,
    /// The user took it back while it was read.
    #[error("the file was not sent")]
    Cancelled,
    /// There is no such file at this message.
    #[error("there is no such file")]
    Unknown,
    /// The server no longer has it.
    #[error("this file is no longer on the server")]
    Gone,
    /// What arrived is not what was sent.
    #[error("this file is damaged: it is not what was sent")]
    Damaged(#[source] Option<OpenError>),
    /// Only pictures of a kind and size that is safe to draw are drawn.
    #[error("this picture cannot be shown; it can be saved")]
    NotShown,
}

/// Why a source of bytes gave none.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is shorter or longer than it was.
    #[error("the file changed while it was read")]
    Changed,
    /// It is not there, or may not be read.
    #[error("{0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl FileError {
    /// The stable word that programs may rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Count => "too_many_files",
            Self::TooLarge { .. } => "too_large",
            Self::Description => "bad_request",
            Self::Unreadable(_) => "file_unreadable",
            Self::PictureDamaged => "picture_damaged",
            Self::Cancelled => "file_cancelled",
            Self::Unknown => "unknown_file",
            Self::Gone => "file_gone",
            Self::Damaged(_) => "file_damaged",
            Self::NotShown => "picture_not_shown",
        }
    }
}

/// A number of bytes as people read it.
fn words(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let mut tenths = bytes / 100;
    let mut unit = UNITS.iter();
    let mut name = unit.next();
    while tenths >= 10_000 {
        let Some(next) = unit.next() else { break };
        name = Some(next);
        tenths /= 1000;
    }
    let name = name.copied().unwrap_or_default();
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} {name}"),
        (whole, tenth) => format!("{whole}.{tenth} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_in_words() {
        let error = FileError::TooLarge {
            size: 96_400_000,
            limit: 50_000_000,
        };
        assert_eq!(error.to_string(), "96.4 MB is over the limit of 50 MB");
        assert_eq!(words(999), "999 bytes");
        assert_eq!(words(1 << 30), "1 GB");
        assert_eq!(words(u64::MAX), "18446744 TB");
    }
}
