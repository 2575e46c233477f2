//! Where group state lives: a small key-value trait of ours, and OpenMLS's provider over it.
//!
//! The client store implements [`KeyValue`] on its own connection, so that group state, outbox,
//! message and cursor commit in one transaction. The server uses [`MemoryKeyValue`] for the length
//! of one check.

mod openmls_storage;

use crate::crypto::SuiteCrypto;
use openmls_traits::OpenMlsProvider;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use undertone_wire::{Bytes, codec};

/// The key-value store failed.
#[derive(Debug, thiserror::Error)]
#[error("the store of group state failed")]
pub struct KeyValueError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A table of bytes under bytes. Reads see earlier writes of the same transaction.
pub trait KeyValue {
    /// The value under a key.
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KeyValueError>;
    /// Sets or replaces a value.
    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), KeyValueError>;
    /// Deletes a value; nothing happens if there is none.
    fn delete(&self, key: &[u8]) -> Result<(), KeyValueError>;
}

impl<T: KeyValue + ?Sized> KeyValue for &T {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KeyValueError> {
        (**self).read(key)
    }
    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), KeyValueError> {
        (**self).write(key, value)
    }
    fn delete(&self, key: &[u8]) -> Result<(), KeyValueError> {
        (**self).delete(key)
    }
}

impl<T: KeyValue + ?Sized> KeyValue for std::rc::Rc<T> {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KeyValueError> {
        (**self).read(key)
    }
    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), KeyValueError> {
        (**self).write(key, value)
    }
    fn delete(&self, key: &[u8]) -> Result<(), KeyValueError> {
        (**self).delete(key)
    }
}

/// A [`KeyValue`] in memory, which can be written to bytes and read again.
#[derive(Default, Clone)]
pub struct MemoryKeyValue(RefCell<BTreeMap<Vec<u8>, Vec<u8>>>);

#[derive(Serialize, Deserialize)]
struct Snapshot {
    version: u16,
    entries: Vec<(Bytes, Bytes)>,
}

/// Formats change between OpenMLS releases: this number changes with the pinned release.
pub const STATE_FORMAT_VERSION: u16 = 1;

/// Stored group state cannot be read by this program.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Not a snapshot.
    #[error("the group state is damaged")]
    Malformed(#[from] codec::DecodeError),
    /// Could not be written.
    #[error("the group state cannot be encoded")]
    Encode(#[from] codec::EncodeError),
    /// Written by another version of the program.
    #[error("the group state has format {0}")]
    Version(u16),
}

impl MemoryKeyValue {
    /// All entries, with the format version.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SnapshotError> {
        let entries = self
            .0
            .borrow()
            .iter()
            .map(|(k, v)| (Bytes(k.clone()), Bytes(v.clone())))
            .collect();
        Ok(codec::to_cbor(&Snapshot {
            version: STATE_FORMAT_VERSION,
            entries,
        })?)
    }

    /// What [`Self::to_bytes`] gave.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let snapshot: Snapshot = codec::from_cbor(bytes)?;
        if snapshot.version != STATE_FORMAT_VERSION {
            return Err(SnapshotError::Version(snapshot.version));
        }
        Ok(Self(RefCell::new(
            snapshot.entries.into_iter().map(|(k, v)| (k.0, v.0)).collect(),
        )))
    }
}

impl KeyValue for MemoryKeyValue {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KeyValueError> {
        Ok(self.0.borrow().get(key).cloned())
    }
    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), KeyValueError> {
        self.0.borrow_mut().insert(key.to_vec(), value.to_vec());
        Ok(())
    }
    fn delete(&self, key: &[u8]) -> Result<(), KeyValueError> {
        self.0.borrow_mut().remove(key);
        Ok(())
    }
}

/// Cryptography, randomness and storage for OpenMLS.
pub struct Provider<S, C = SuiteCrypto> {
    crypto: C,
    storage: Storage<S>,
}

impl<S: KeyValue> Provider<S> {
    /// A provider over a store.
    pub fn new(store: S) -> Self {
        Self::with_crypto(store, SuiteCrypto::default())
    }
}

impl<S: KeyValue, C> Provider<S, C> {
    /// A provider over a store, which computes with that.
    pub fn with_crypto(store: S, crypto: C) -> Self {
        Self {
            crypto,
            storage: Storage(store),
        }
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.storage.0
    }
}

impl<S: KeyValue, C: OpenMlsCrypto + OpenMlsRand> OpenMlsProvider for Provider<S, C> {
    type CryptoProvider = C;
    type RandProvider = C;
    type StorageProvider = Storage<S>;

    fn storage(&self) -> &Storage<S> {
        &self.storage
    }
    fn crypto(&self) -> &C {
        &self.crypto
    }
    fn rand(&self) -> &C {
        &self.crypto
    }
}

/// OpenMLS's storage trait over a [`KeyValue`]. Keys are a table's tag and the CBOR of OpenMLS's
/// key; values are CBOR.
pub struct Storage<S>(S);

/// OpenMLS's storage over a [`KeyValue`] failed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The store failed.
    #[error(transparent)]
    KeyValue(#[from] KeyValueError),
    /// A key or value could not be written.
    #[error("group state cannot be encoded")]
    Encode(#[from] codec::EncodeError),
    /// A stored value could not be read.
    #[error("group state is damaged")]
    Decode(#[from] codec::DecodeError),
}

/// What kind of value lies under a key. The numbers are stored: never reuse one.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
enum Table {
    KeyPackage = 1,
    Psk = 2,
    EncryptionKeyPair = 3,
    SignatureKeyPair = 4,
    EpochKeyPairs = 5,
    Tree = 6,
    GroupContext = 7,
    InterimTranscriptHash = 8,
    ConfirmationTag = 9,
    JoinConfig = 10,
    OwnLeafNodes = 11,
    GroupState = 12,
    QueuedProposal = 13,
    ProposalRefs = 14,
    OwnLeafIndex = 15,
    EpochSecrets = 16,
    ResumptionPsks = 17,
    MessageSecrets = 18,
}

impl<S: KeyValue> Storage<S> {
    fn key<K: Serialize + ?Sized>(table: Table, key: &K) -> Result<Vec<u8>, StorageError> {
        let mut bytes = vec![table as u8];
        bytes.extend(codec::to_cbor(key)?);
        Ok(bytes)
    }

    fn put<K, V>(&self, table: Table, key: &K, value: &V) -> Result<(), StorageError>
    where
        K: Serialize + ?Sized,
        V: Serialize + ?Sized,
    {
        Ok(self.0.write(&Self::key(table, key)?, &codec::to_cbor(value)?)?)
    }

    fn take<K: Serialize + ?Sized, V: DeserializeOwned>(
        &self,
        table: Table,
        key: &K,
    ) -> Result<Option<V>, StorageError> {
        match self.0.read(&Self::key(table, key)?)? {
            Some(bytes) => Ok(Some(codec::from_cbor(&bytes)?)),
            None => Ok(None),
        }
    }

    fn remove<K: Serialize + ?Sized>(&self, table: Table, key: &K) -> Result<(), StorageError> {
        Ok(self.0.delete(&Self::key(table, key)?)?)
    }
}
