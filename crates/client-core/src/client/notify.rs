//! The part of the facade that is about what is announced, here and by a push service.

use super::Client;
use crate::error::ClientError;
use crate::notify::{self, push};
use crate::view::{BadgeView, NotificationView, NotifyLevel, NotifyView, PushInfoView, QuietHoursView};
use undertone_wire::ConversationId;
use undertone_wire::push::{PushSubscription, PushTestResult, PushWishes};

impl Client {
    /// What is announced of a conversation.
    pub fn notify_of(&self, conversation: ConversationId) -> Result<NotifyView, ClientError> {
        notify::of(self.core(), conversation)
    }

    /// Chooses what is announced of a conversation, the default without a level, and until when it is
    /// muted, by the local clock.
    pub fn set_notify(
        &self,
        conversation: ConversationId,
        level: Option<NotifyLevel>,
        muted_until_ms: Option<u64>,
    ) -> Result<(), ClientError> {
        notify::choose(self.core(), conversation, level, muted_until_ms)
    }

    /// Puts a conversation into the archive, or takes it out. What is announced takes it out, too.
    pub fn set_archived(&self, conversation: ConversationId, archived: bool) -> Result<(), ClientError> {
        notify::set_archived(self.core(), conversation, archived)
    }

    /// When nothing is announced.
    pub fn quiet_hours(&self) -> Result<Option<QuietHoursView>, ClientError> {
        Ok(self.core().store.quiet_hours()?)
    }

    /// Chooses when nothing is announced.
    pub fn set_quiet_hours(&self, hours: Option<QuietHoursView>) -> Result<(), ClientError> {
        notify::set_quiet_hours(self.core(), hours)
    }

    /// Takes what is to be announced now, oldest first: each message is given once, whoever asks.
    pub fn notifications(&self) -> Result<Vec<NotificationView>, ClientError> {
        notify::take(self.core())
    }

    /// What stands on the app's sign.
    pub fn badge(&self) -> Result<BadgeView, ClientError> {
        notify::badge(self.core())
    }

    /// The server's key for a subscription.
    pub async fn push_info(&self) -> Result<PushInfoView, ClientError> {
        push::info(self.core()).await
    }

    /// For what the server was told to wake this device; nothing, until it was on this connection.
    pub fn push_wishes(&self) -> Option<PushWishes> {
        push::told(self.core())
    }

    /// Has this device woken there. It is kept, and told again after the next login.
    pub async fn push_subscribe(&self, subscription: PushSubscription) -> Result<(), ClientError> {
        push::subscribe(self.core(), subscription).await
    }

    /// Has this device no longer woken.
    pub async fn push_unsubscribe(&self) -> Result<(), ClientError> {
        push::unsubscribe(self.core()).await
    }

    /// Has the server wake this device once, and says how far that came.
    pub async fn push_test(&self) -> Result<PushTestResult, ClientError> {
        push::test(self.core()).await
    }
}
