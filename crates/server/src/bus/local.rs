//! The bus of a single server: a call.

use super::News;
use crate::delivery::Hub;

/// Hands news to the hub of the same process.
#[derive(Debug, Clone)]
pub(crate) struct LocalBus {
    hub: Hub,
}

impl LocalBus {
    /// A bus with one listener.
    pub(crate) fn new(hub: Hub) -> Self {
        Self { hub }
    }

    /// Delivers at once, in the order of the calls.
    pub(crate) fn publish(&self, news: &News) {
        self.hub.deliver(news);
    }
}
