//! The way to the server, with a count of the commits that are handed in. Everything goes through as it is.

use async_trait::async_trait;
use std::cell::Cell;
use std::rc::Rc;
use undertone_client_core::transport::native::NativeTransport;
use undertone_client_core::transport::{
    Connection, HttpRequest, HttpResponse, Method, Transport, TransportError,
};

/// See the module.
pub(crate) struct Counted {
    pub(crate) transport: NativeTransport,
    /// Taken or refused, and each repetition.
    pub(crate) commits: Rc<Cell<usize>>,
}

#[async_trait(?Send)]
impl Transport for Counted {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        if request.method == Method::Post && request.path.ends_with("/commits") {
            self.commits.set(self.commits.get().saturating_add(1));
        }
        self.transport.request(request).await
    }

    async fn connect(&self) -> Result<Connection, TransportError> {
        self.transport.connect().await
    }

    fn origin(&self) -> &str {
        self.transport.origin()
    }
}
