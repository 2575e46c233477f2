//! What is announced, here and by a push service, of the facade: conversions only, as in `client`.

use crate::client::{Client, each};
use crate::convert::{ToCore, ToPage};
use crate::failure::Failure;
use crate::input::{ConversationIdText, parse};
use crate::plain::milliseconds;
use serde::Deserialize;
use tsify::{Ts, Tsify};
use undertone_client_core::view::{
    BadgeView, NotificationView, NotifyLevel, NotifyView, PushInfoView, QuietHoursView,
};
use undertone_wire::Bytes;
use undertone_wire::push::{PushSubscription, PushTestResult};
use wasm_bindgen::prelude::*;

/// What `PushSubscription.toJSON` gives, flat; the keys as base64url.
#[derive(Deserialize, Tsify)]
pub struct PushInput {
    endpoint: String,
    #[tsify(type = "string")]
    p256dh: Bytes,
    #[tsify(type = "string")]
    auth: Bytes,
}

impl From<PushInput> for PushSubscription {
    fn from(input: PushInput) -> Self {
        Self {
            endpoint: input.endpoint,
            p256dh: input.p256dh,
            auth: input.auth,
        }
    }
}

#[wasm_bindgen]
impl Client {
    /// What is announced of a conversation.
    #[wasm_bindgen(js_name = notifyOf)]
    pub fn notify_of(&self, conversation: &ConversationIdText) -> Result<Ts<NotifyView>, Failure> {
        self.core.notify_of(parse(conversation)?)?.to_page()
    }

    /// Chooses what is announced of a conversation, the default without a level.
    #[wasm_bindgen(js_name = setNotify)]
    pub fn set_notify(
        &self,
        conversation: &ConversationIdText,
        level: Option<Ts<NotifyLevel>>,
        muted_until_ms: Option<f64>,
    ) -> Result<(), Failure> {
        let level = level.map(|level| level.to_core()).transpose()?;
        let until = muted_until_ms.map(milliseconds);
        Ok(self.core.set_notify(parse(conversation)?, level, until)?)
    }

    /// Puts a conversation into the archive, or takes it out.
    #[wasm_bindgen(js_name = setArchived)]
    pub fn set_archived(&self, conversation: &ConversationIdText, on: bool) -> Result<(), Failure> {
        Ok(self.core.set_archived(parse(conversation)?, on)?)
    }

    /// When nothing is announced.
    #[wasm_bindgen(js_name = quietHours)]
    pub fn quiet_hours(&self) -> Result<Option<Ts<QuietHoursView>>, Failure> {
        let hours = self.core.quiet_hours()?;
        hours.map(|hours| hours.to_page()).transpose()
    }

    /// Chooses when nothing is announced.
    #[wasm_bindgen(js_name = setQuietHours)]
    pub fn set_quiet_hours(&self, hours: Option<Ts<QuietHoursView>>) -> Result<(), Failure> {
        let hours = hours.map(|hours| hours.to_core()).transpose()?;
        Ok(self.core.set_quiet_hours(hours)?)
    }

    /// Takes what is to be announced now.
    pub fn notifications(&self) -> Result<Vec<Ts<NotificationView>>, Failure> {
        each(self.core.notifications()?)
    }

    /// What stands on the app's sign.
    pub fn badge(&self) -> Result<Ts<BadgeView>, Failure> {
        self.core.badge()?.to_page()
    }

    /// The server's key for a subscription.
    #[wasm_bindgen(js_name = pushInfo)]
    pub async fn push_info(&self) -> Result<Ts<PushInfoView>, Failure> {
        self.core.push_info().await?.to_page()
    }

    /// Has this device woken there.
    #[wasm_bindgen(js_name = pushSubscribe)]
    pub async fn push_subscribe(&self, subscription: Ts<PushInput>) -> Result<(), Failure> {
        let subscription: PushInput = subscription.to_core()?;
        Ok(self.core.push_subscribe(subscription.into()).await?)
    }

    /// Has this device no longer woken.
    #[wasm_bindgen(js_name = pushUnsubscribe)]
    pub async fn push_unsubscribe(&self) -> Result<(), Failure> {
        Ok(self.core.push_unsubscribe().await?)
    }

    /// Has the server wake this device once.
    #[wasm_bindgen(js_name = pushTest)]
    pub async fn push_test(&self) -> Result<Ts<PushTestResult>, Failure> {
        self.core.push_test().await?.to_page()
    }
}
