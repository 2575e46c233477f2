//! Files as they are printed.

use serde::Serialize;
use std::path::PathBuf;
use undertone_client_core::view::{FileKind, FileView};

/// A file of a message.
#[derive(Debug, Serialize)]
pub(in crate::command) struct FileResult {
    pub(in crate::command) name: String,
    pub(in crate::command) media_type: String,
    pub(in crate::command) size: u64,
    pub(in crate::command) kind: FileKind,
}

impl From<&FileView> for FileResult {
    fn from(view: &FileView) -> Self {
        Self {
            name: view.name.clone(),
            media_type: view.media_type.clone(),
            size: view.size,
            kind: view.kind,
        }
    }
}

/// `save`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct SavedResult {
    pub(in crate::command) path: PathBuf,
    pub(in crate::command) size: u64,
}
