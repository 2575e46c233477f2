//! A transport that counts what goes through it, around the real one.

use async_trait::async_trait;
use std::cell::Cell;
use std::rc::Rc;
use undertone_client_core::transport::native::NativeTransport;
use undertone_client_core::transport::{
    Connection, FrameSender, HttpRequest, HttpResponse, Transport, TransportError,
};
use undertone_wire::codec;
use undertone_wire::stream::ClientFrame;

/// What went through so far.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Commits that were handed in, external ones too.
    pub commits: Cell<usize>,
    /// Bytes of all requests and answers over HTTP.
    pub bytes: Cell<usize>,
}

impl Traffic {
    fn commit(&self) {
        self.commits.set(self.commits.get() + 1);
    }
}

/// See the module.
pub struct Counted {
    inner: NativeTransport,
    traffic: Rc<Traffic>,
}

impl Counted {
    /// Around this one, counting there.
    pub fn around(inner: NativeTransport, traffic: &Rc<Traffic>) -> Self {
        Self {
            inner,
            traffic: Rc::clone(traffic),
        }
    }
}

#[async_trait(?Send)]
impl Transport for Counted {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        if request.path.ends_with("/join") {
            self.traffic.commit();
        }
        let sent = request.body.as_ref().map_or(0, Vec::len);
        let answer = self.inner.request(request).await?;
        let bytes = self.traffic.bytes.get() + sent + answer.body.len();
        self.traffic.bytes.set(bytes);
        Ok(answer)
    }

    async fn connect(&self) -> Result<Connection, TransportError> {
        let Connection { sender, receiver } = self.inner.connect().await?;
        let sender = Box::new(CountedSender {
            inner: sender,
            traffic: Rc::clone(&self.traffic),
        });
        Ok(Connection { sender, receiver })
    }

    fn origin(&self) -> &str {
        self.inner.origin()
    }
}

/// Frames, of which commits are counted.
struct CountedSender {
    inner: Box<dyn FrameSender>,
    traffic: Rc<Traffic>,
}

#[async_trait(?Send)]
impl FrameSender for CountedSender {
    async fn send(&mut self, frame: Vec<u8>) -> Result<(), TransportError> {
        if matches!(codec::from_cbor(&frame), Ok(ClientFrame::Commit(_))) {
            self.traffic.commit();
        }
        self.inner.send(frame).await
    }

    async fn close(&mut self) {
        self.inner.close().await;
    }
}
