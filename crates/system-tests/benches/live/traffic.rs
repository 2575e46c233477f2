//! A transport that counts what goes through it, around the real one.

use async_trait::async_trait;
use std::cell::Cell;
use std::rc::Rc;
use undertone_client_core::transport::native::NativeTransport;
use undertone_client_core::transport::{Connection, HttpRequest, HttpResponse, Transport, TransportError};

/// What went through so far.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// Commits that were handed in, external ones too.
    pub(crate) commits: Cell<usize>,
    /// Bytes of all requests and answers over HTTP.
    pub(crate) bytes: Cell<usize>,
}

/// See the module.
pub(crate) struct Counted {
    pub(crate) inner: NativeTransport,
    pub(crate) traffic: Rc<Traffic>,
}

#[async_trait(?Send)]
impl Transport for Counted {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let commits = ["/commits", "/join"];
        if commits.iter().any(|end| request.path.ends_with(end)) {
            self.traffic.commits.set(self.traffic.commits.get() + 1);
        }
        let sent = request.body.as_ref().map_or(0, Vec::len);
        let answer = self.inner.request(request).await?;
        let bytes = self.traffic.bytes.get() + sent + answer.body.len();
        self.traffic.bytes.set(bytes);
        Ok(answer)
    }

    async fn connect(&self) -> Result<Connection, TransportError> {
        self.inner.connect().await
    }

    fn origin(&self) -> &str {
        self.inner.origin()
    }
}
