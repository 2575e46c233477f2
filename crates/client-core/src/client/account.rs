//! The part of the facade that is about guests, and about the recovery key.

use super::Client;
use crate::account::{BecomeAccountInput, RecoverInput, suggest_nickname};
use crate::change::Change;
use crate::conversation::certificate;
use crate::error::ClientError;
use crate::view::{RegisteredView, SessionView};
use rand::rngs::OsRng;

impl Client {
    /// A name for a guest who does not think of one.
    pub fn suggest_nickname(&self) -> String {
        suggest_nickname(&mut OsRng)
    }

    /// Signs in as a guest of this name, or of one that is drawn.
    pub async fn become_guest(&self, nickname: Option<&str>) -> Result<SessionView, ClientError> {
        self.core().account.become_guest(nickname).await?;
        self.signed_in().await;
        Ok(self.session())
    }

    /// Puts the end of the guest who is signed in off.
    pub async fn stay(&self) -> Result<SessionView, ClientError> {
        let core = self.core();
        let stayed = core.account.stay().await;
        core.publish(Change::Session);
        stayed?;
        Ok(self.session())
    }

    /// Makes an account of the guest who is signed in; conversations stay.
    pub async fn become_account(&self, input: BecomeAccountInput) -> Result<RegisteredView, ClientError> {
        let recovery_key = self.core().account.become_account(input).await?;
        certificate::renew_leaves(self.core())?;
        self.signed_in().await;
        Ok(RegisteredView {
            session: self.session(),
            recovery_key: recovery_key.to_text().to_string(),
        })
    }

    /// Signs in with the recovery key, and sets a new password. Every other session ends.
    pub async fn recover(&self, input: RecoverInput) -> Result<SessionView, ClientError> {
        self.core().account.recover(input).await?;
        self.signed_in().await;
        Ok(self.session())
    }
}
