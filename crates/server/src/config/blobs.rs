//! The settings of blobs: where they lie, and how much of them there may be. What the limits do is in
//! [`crate::handler::blob`] and [`crate::store::blob`].

use std::path::{Path, PathBuf};
use std::str::FromStr;
use undertone_wire::limits::FILE_BYTES_MAX;

use super::ConfigError;

/// Where blobs lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobPlace {
    /// In the data directory, under `blobs`.
    DataDirectory,
    /// In a directory of their own.
    Directory(PathBuf),
}

impl BlobPlace {
    /// The directory.
    pub fn directory(&self, data: &Path) -> PathBuf {
        match self {
            Self::DataDirectory => data.join("blobs"),
            Self::Directory(path) => path.clone(),
        }
    }
}

impl FromStr for BlobPlace {
    type Err = ConfigError;
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        match text.split_once("://") {
            None if text.is_empty() => Ok(Self::DataDirectory),
            None => Ok(Self::Directory(text.into())),
            Some(("file", path)) if path.starts_with('/') => Ok(Self::Directory(path.into())),
            Some(("s3", _)) => Err(ConfigError::BlobsS3),
            Some(_) => Err(ConfigError::Blobs),
        }
    }
}

/// How a server treats files, which it sees as sealed bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobSettings {
    /// Where they lie.
    pub place: BlobPlace,
    /// The largest file, before it is padded and sealed.
    pub file_bytes_max: u64,
    /// What one account may have on the server at once.
    pub user_bytes_max: u64,
    /// What one guest may have on the server at once.
    pub guest_bytes_max: u64,
}

impl BlobSettings {
    pub(super) const fn validate(&self) -> Result<(), ConfigError> {
        if self.file_bytes_max > FILE_BYTES_MAX {
            Err(ConfigError::FileBytes)
        } else {
            Ok(())
        }
    }
}

impl Default for BlobSettings {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            place: BlobPlace::DataDirectory,
            file_bytes_max: 1024 * MIB,
            user_bytes_max: 8 * 1024 * MIB,
            guest_bytes_max: 256 * MIB,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SETTINGS;

    #[test]
    fn the_defaults_are_those_of_the_reference() {
        let settings = BlobSettings::default();
        for (flag, value) in [
            ("file-bytes-max", settings.file_bytes_max),
            ("user-blob-bytes-max", settings.user_bytes_max),
            ("guest-blob-bytes-max", settings.guest_bytes_max),
        ] {
            let setting = SETTINGS.iter().find(|setting| setting.flag == flag).unwrap();
            assert_eq!(setting.default, value.to_string(), "{flag}");
        }
        assert_eq!(settings.validate(), Ok(()));
        let more = BlobSettings {
            file_bytes_max: FILE_BYTES_MAX + 1,
            ..settings
        };
        assert_eq!(more.validate(), Err(ConfigError::FileBytes));
    }

    #[test]
    fn a_place_is_a_directory() {
        let place = |text: &str| text.parse::<BlobPlace>();
        let data = Path::new("data");
        assert_eq!(place("").unwrap().directory(data), Path::new("data/blobs"));
        assert_eq!(
            place("/srv/blobs").unwrap().directory(data),
            Path::new("/srv/blobs")
        );
        assert_eq!(
            place("file:///srv/blobs").unwrap().directory(data),
            Path::new("/srv/blobs")
        );
        assert_eq!(place("s3://bucket"), Err(ConfigError::BlobsS3));
        assert_eq!(place("ftp://host"), Err(ConfigError::Blobs));
        assert_eq!(place("file://host/share"), Err(ConfigError::Blobs));
    }
}
