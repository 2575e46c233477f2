//! Where the bytes of a file come from: a path, a file that a page was given, or memory. A source is read
//! in pieces, so that a file of a gigabyte is never in memory as a whole.

use super::error::SourceError;
use async_trait::async_trait;

/// Bytes that are read in pieces.
#[async_trait(?Send)]
pub trait FileSource {
    /// How many there are.
    fn size(&self) -> u64;

    /// Exactly so many bytes from an offset on; [`SourceError::Changed`] if there are fewer.
    async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, SourceError>;
}

/// Bytes in memory.
#[derive(Clone, PartialEq, Eq)]
pub struct MemorySource(Vec<u8>);

impl std::fmt::Debug for MemorySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemorySource({} bytes)", self.0.len())
    }
}

impl From<Vec<u8>> for MemorySource {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

#[async_trait(?Send)]
impl FileSource for MemorySource {
    fn size(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, SourceError> {
        let begin = usize::try_from(offset).unwrap_or(usize::MAX);
        let part = begin
            .checked_add(length)
            .and_then(|end| self.0.get(begin..end))
            .ok_or(SourceError::Changed);
        Ok(part?.to_vec())
    }
}
