//! The settings of blobs: where they lie, and how much of them there may be. What the limits do is in
//! [`crate::handler::blob`] and [`crate::store::blob`].

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use undertone_wire::limits::FILE_BYTES_MAX;
use zeroize::Zeroizing;

use super::ConfigError;

/// Where blobs lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobPlace {
    /// In the data directory, under `blobs`.
    DataDirectory,
    /// In a directory of their own.
    Directory(PathBuf),
    /// In a bucket of S3.
    S3(Box<S3Place>),
}

/// A bucket of S3, or of what speaks like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Place {
    /// The bucket's name.
    pub bucket: String,
    /// What all names in it begin with, without slashes at its ends.
    pub prefix: String,
    /// Where S3 is, unless it is Amazon's.
    pub endpoint: Option<String>,
    /// The region, where that matters.
    pub region: Option<String>,
    /// Who we are there.
    pub keys: Option<S3Keys>,
}

/// Who somebody is towards S3.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Keys {
    access: String,
    secret: Zeroizing<String>,
}

impl S3Keys {
    /// The name of the keys, and the secret.
    pub fn new(access: &str, secret: &str) -> Self {
        Self {
            access: access.to_owned(),
            secret: Zeroizing::new(secret.to_owned()),
        }
    }

    pub(crate) fn access(&self) -> &str {
        &self.access
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for S3Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Keys(<redacted>)")
    }
}

impl BlobPlace {
    /// The same, with the keys that a bucket needs.
    pub fn with_keys(self, keys: S3Keys) -> Self {
        match self {
            Self::S3(place) => Self::S3(Box::new(S3Place {
                keys: Some(keys),
                ..*place
            })),
            other => other,
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
            Some(("s3", rest)) => rest.parse().map(|place| Self::S3(Box::new(place))),
            Some(_) => Err(ConfigError::Blobs),
        }
    }
}

/// What stands behind `s3://`.
impl FromStr for S3Place {
    type Err = ConfigError;
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let prefix = prefix.trim_end_matches('/');
        let is_prefix = prefix.is_empty() || prefix.split('/').all(is_name);
        if !is_name(bucket) || !is_prefix {
            return Err(ConfigError::BlobsS3);
        }
        let mut place = Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: None,
            region: None,
            keys: None,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("endpoint", url)) if is_endpoint(url) => place.endpoint = Some(url.to_owned()),
                Some(("region", region)) if is_name(region) => place.region = Some(region.to_owned()),
                _ => return Err(ConfigError::BlobsS3),
            }
        }
        Ok(place)
    }
}

/// What buckets, regions and the parts of a prefix are called.
fn is_name(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(is_letter)
        && !text.bytes().all(|byte| byte == b'.')
}

/// An address of a server and nothing else: keys in it would be logged by others.
fn is_endpoint(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.strip_suffix('/').unwrap_or(rest);
        !host.is_empty() && !host.contains(['/', '@', '#', ' ', '?'])
    })
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
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        if self.file_bytes_max > FILE_BYTES_MAX {
            return Err(ConfigError::FileBytes);
        }
        match &self.place {
            BlobPlace::S3(place) if place.keys.is_none() => Err(ConfigError::S3Keys),
            _ => Ok(()),
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
    fn a_place_is_a_directory_or_a_bucket() {
        let place = |text: &str| text.parse::<BlobPlace>();
        assert_eq!(place(""), Ok(BlobPlace::DataDirectory));
        for text in ["/srv/blobs", "file:///srv/blobs"] {
            assert_eq!(place(text), Ok(BlobPlace::Directory("/srv/blobs".into())));
        }
        assert_eq!(place("ftp://host"), Err(ConfigError::Blobs));
        assert_eq!(place("file://host/share"), Err(ConfigError::Blobs));
        let bucket = |bucket: &str, prefix: &str| S3Place {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: None,
            region: None,
            keys: None,
        };
        let s3 = |place| Ok(BlobPlace::S3(Box::new(place)));
        assert_eq!(place("s3://files"), s3(bucket("files", "")));
        assert_eq!(place("s3://files/a/b/"), s3(bucket("files", "a/b")));
        let elsewhere = S3Place {
            endpoint: Some("http://s3.example:9000".to_owned()),
            region: Some("eu-1".to_owned()),
            ..bucket("files", "a")
        };
        assert_eq!(
            place("s3://files/a?endpoint=http://s3.example:9000&region=eu-1"),
            s3(elsewhere)
        );
        for wrong in [
            "s3://",
            "s3:///a",
            "s3://key:secret@files",
            "s3://files//a",
            "s3://files/../a",
            "s3://files?endpoint=ftp://host",
            "s3://files?endpoint=https://",
            "s3://files?endpoint=https://key:secret@host",
            "s3://files?endpoint=https://host/path",
            "s3://files?secret=1",
            "s3://files?region=",
        ] {
            assert_eq!(place(wrong), Err(ConfigError::BlobsS3), "{wrong}");
        }
    }

    #[test]
    fn a_bucket_needs_keys_and_they_are_not_printed() {
        let place: BlobPlace = "s3://files".parse().unwrap();
        let settings = |place| BlobSettings {
            place,
            ..BlobSettings::default()
        };
        assert_eq!(settings(place.clone()).validate(), Err(ConfigError::S3Keys));
        let settings = settings(place.with_keys(S3Keys::new("who", "whisper")));
        assert_eq!(settings.validate(), Ok(()));
        let printed = format!("{settings:?}");
        assert!(
            printed.contains("<redacted>") && !printed.contains("whisper"),
            "{printed}"
        );
        let directory = BlobPlace::Directory("/srv".into());
        assert_eq!(
            directory.clone().with_keys(S3Keys::new("who", "whisper")),
            directory
        );
    }
}
