//! Blobs of the server in memory: what was announced, what is there, and what went wrong on the way.

#![allow(clippy::cast_possible_truncation, reason = "lengths in a test are small")]

use super::network::json;
use crate::transport::{HttpRequest, HttpResponse, Method};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use undertone_wire::blob::{BlobResponse, CreateBlobRequest};
use undertone_wire::limits::BLOB_PIECE_BYTES_MAX;
use undertone_wire::{BlobId, DeviceId, ErrorBody, ErrorCode};

/// One blob.
#[derive(Debug, Clone)]
pub(super) struct Blob {
    pub(super) request: CreateBlobRequest,
    pub(super) bytes: Vec<u8>,
    /// The last device that put a piece of it.
    pub(super) by: DeviceId,
}

/// See the module.
#[derive(Default)]
pub(super) struct Blobs {
    kept: RefCell<BTreeMap<BlobId, Blob>>,
    /// What the next calls are refused with.
    pub(super) refuse_next: RefCell<Vec<ErrorCode>>,
    /// Pieces after which no more are taken.
    pub(super) pieces_left: Cell<Option<u32>>,
    /// Bytes of pieces that arrived, those that came again included.
    pub(super) received: Cell<u64>,
    /// The largest answer.
    pub(super) largest: Cell<usize>,
}

impl Blobs {
    /// All that are there.
    pub(super) fn all(&self) -> Vec<Blob> {
        self.kept.borrow().values().cloned().collect()
    }

    /// Changes the bytes of each.
    pub(super) fn change(&self, how: impl Fn(&mut Vec<u8>)) {
        for blob in self.kept.borrow_mut().values_mut() {
            how(&mut blob.bytes);
        }
    }

    /// Loses everything.
    pub(super) fn lose(&self) {
        self.kept.borrow_mut().clear();
    }

    pub(super) fn answer(&self, device: DeviceId, request: &HttpRequest, rest: &[&str]) -> HttpResponse {
        if let Some(code) = self.refuse_next.borrow_mut().pop() {
            return json::<()>(Err(ErrorBody::new(code, "as the test wants")));
        }
        let body = request.body.as_deref().unwrap_or_default();
        match (request.method, rest) {
            (Method::Post, []) => json(Ok(self.create(device, &serde_json::from_slice(body).unwrap()))),
            (Method::Put, [blob]) => {
                let offset = request.path.split_once("?offset=").unwrap().1;
                json(self.put((device, blob.parse().unwrap()), offset.parse().unwrap(), body))
            }
            (Method::Get, [blob]) => self.get(blob.parse().unwrap(), request.range.unwrap()),
            (Method::Delete, [blob]) => {
                let gone = self.kept.borrow_mut().remove(&blob.parse().unwrap());
                json(gone.map(drop).ok_or_else(not_found))
            }
            _ => json::<()>(Err(not_found())),
        }
    }

    fn create(&self, by: DeviceId, request: &CreateBlobRequest) -> BlobResponse {
        let mut kept = self.kept.borrow_mut();
        let blob = kept.entry(request.blob).or_insert_with(|| Blob {
            request: request.clone(),
            bytes: Vec::new(),
            by,
        });
        assert_eq!(&blob.request, request, "asked again, it is the same wish");
        response(blob)
    }

    fn put(
        &self,
        (by, id): (DeviceId, BlobId),
        offset: u64,
        piece: &[u8],
    ) -> Result<BlobResponse, ErrorBody> {
        assert!(!piece.is_empty() && piece.len() <= BLOB_PIECE_BYTES_MAX);
        match self.pieces_left.get() {
            Some(0) => return Err(ErrorBody::new(ErrorCode::Unavailable, "the disk is full")),
            Some(left) => self.pieces_left.set(Some(left - 1)),
            None => {}
        }
        let mut kept = self.kept.borrow_mut();
        let blob = kept.get_mut(&id).ok_or_else(not_found)?;
        if offset != blob.bytes.len() as u64 {
            return Err(ErrorBody::new(ErrorCode::CounterConflict, "another offset"));
        }
        self.received.set(self.received.get() + piece.len() as u64);
        blob.bytes.extend_from_slice(piece);
        blob.by = by;
        assert!(blob.bytes.len() as u64 <= blob.request.size);
        Ok(response(blob))
    }

    fn get(&self, id: BlobId, (from, to): (u64, u64)) -> HttpResponse {
        let kept = self.kept.borrow();
        let complete = kept
            .get(&id)
            .filter(|blob| blob.bytes.len() as u64 == blob.request.size);
        let Some(blob) = complete else {
            return json::<()>(Err(not_found()));
        };
        let to = (to as usize).min(blob.bytes.len());
        let body = blob.bytes[(from as usize).min(to)..to].to_vec();
        self.largest.set(self.largest.get().max(body.len()));
        HttpResponse { status: 206, body }
    }
}

fn response(blob: &Blob) -> BlobResponse {
    BlobResponse {
        blob: blob.request.blob,
        offset: blob.bytes.len() as u64,
        size: blob.request.size,
    }
}

fn not_found() -> ErrorBody {
    ErrorBody::new(ErrorCode::NotFound, "there is no such blob")
}
