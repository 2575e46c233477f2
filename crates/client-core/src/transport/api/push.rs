//! The calls by which a device has itself woken. What a push service is told is the server's business.

use super::{Api, ApiError};
use crate::transport::Method;
use crate::transport::call::Call;
use undertone_wire::push::{PushInfo, PushSubscription, PushTestResponse, PushWishes};

const SUBSCRIPTION: &str = "/api/v1/push/subscription";

impl Api {
    /// The server's VAPID key.
    pub async fn push_info(&self, token: &str) -> Result<PushInfo, ApiError> {
        self.call(Call::get("/api/v1/push").by(token)).await
    }

    /// Has this device woken there.
    pub async fn push_subscribe(&self, token: &str, to: &PushSubscription) -> Result<(), ApiError> {
        self.call_empty(Call::put(SUBSCRIPTION, to)?.by(token)).await
    }

    /// For what this device is woken.
    pub async fn push_wish(&self, token: &str, wishes: &PushWishes) -> Result<(), ApiError> {
        self.call_empty(Call::put("/api/v1/push/wishes", wishes)?.by(token))
            .await
    }

    /// Has this device no longer woken.
    pub async fn push_unsubscribe(&self, token: &str) -> Result<(), ApiError> {
        self.call_empty(Call::new(Method::Delete, SUBSCRIPTION.to_owned()).by(token))
            .await
    }

    /// Has this device woken once.
    pub async fn push_test(&self, token: &str) -> Result<PushTestResponse, ApiError> {
        self.call(Call::new(Method::Post, "/api/v1/push/test".to_owned()).by(token))
            .await
    }
}
