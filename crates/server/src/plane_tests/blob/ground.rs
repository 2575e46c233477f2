//! What blobs lie on in a test: the disk, or an S3 server of the test's own.

use super::super::{Server, Talk, talk_with};
use crate::Config;
use crate::config::{BlobPlace, S3Keys};
use std::path::PathBuf;
use tempfile::TempDir;
use undertone_test_s3::{ACCESS_KEY, SECRET_KEY, TestS3};

/// What blobs lie on.
pub(super) enum Ground {
    Disk,
    S3 { s3: TestS3, home: TempDir },
}

impl Ground {
    pub(super) fn s3() -> Self {
        let home = TempDir::new().unwrap();
        let s3 = TestS3::start(home.path()).unwrap();
        Self::S3 { s3, home }
    }

    /// Lets a server put its blobs here.
    pub(super) fn settle(&self, config: &mut Config) {
        if let Self::S3 { s3, .. } = self {
            let place: BlobPlace = s3.url().parse().unwrap();
            config.blobs.place = place.with_keys(S3Keys::new(ACCESS_KEY, SECRET_KEY));
        }
    }

    /// Where the server's blobs are, as a directory.
    pub(super) fn root(&self, server: &Server) -> PathBuf {
        match self {
            Self::Disk => server.state.config.data_dir.join("blobs"),
            Self::S3 { home, .. } => home.path().join("blobs/undertone"),
        }
    }

    /// The files that hold blobs.
    pub(super) fn files(&self, server: &Server) -> Vec<PathBuf> {
        if let Self::S3 { s3, .. } = self {
            return s3.objects().unwrap();
        }
        let shelves = std::fs::read_dir(self.root(server)).unwrap();
        let files = shelves.flat_map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap());
        files.map(|file| file.unwrap().path()).collect()
    }
}

pub(super) async fn talk_on(ground: &Ground) -> Talk {
    talk_with(|config| ground.settle(config)).await
}
