//! Guests, devices and the recovery key of the facade: conversions only, as in `client`.

use crate::client::{Client, each};
use crate::convert::{ToCore, ToPage};
use crate::failure::Failure;
use crate::input::{DeviceIdText, parse};
use crate::plain::BecomeAccountInput;
use tsify::Ts;
use undertone_client_core::account::{AccountError, Password, RecoverInput, RecoveryKey};
use undertone_client_core::view::{DeviceView, RegisteredView, SessionView};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// A name for a guest who does not think of one.
    #[wasm_bindgen(js_name = suggestNickname)]
    pub fn suggest_nickname(&self) -> String {
        self.core.suggest_nickname()
    }

    /// Signs in as a guest.
    #[wasm_bindgen(js_name = becomeGuest)]
    pub async fn become_guest(&self, nickname: Option<String>) -> Result<Ts<SessionView>, Failure> {
        self.core.become_guest(nickname.as_deref()).await?.to_page()
    }

    /// Puts the end of the guest who is signed in off.
    pub async fn stay(&self) -> Result<Ts<SessionView>, Failure> {
        self.core.stay().await?.to_page()
    }

    /// Makes an account of the guest who is signed in.
    #[wasm_bindgen(js_name = becomeAccount)]
    pub async fn become_account(&self, input: Ts<BecomeAccountInput>) -> Result<Ts<RegisteredView>, Failure> {
        self.core
            .become_account(input.to_core()?.try_into()?)
            .await?
            .to_page()
    }

    /// The user's devices, as the server has them.
    pub async fn devices(&self) -> Result<Vec<Ts<DeviceView>>, Failure> {
        each(self.core.devices().await?)
    }

    /// Signs another of the user's devices out.
    #[wasm_bindgen(js_name = retireDevice)]
    pub async fn retire_device(&self, device: DeviceIdText) -> Result<(), Failure> {
        Ok(self.core.retire_device(parse(&device)?).await?)
    }

    /// Signs in with the recovery key, and sets a new password.
    pub async fn recover(
        &self,
        name: String,
        recovery_key: String,
        new_password: String,
    ) -> Result<Ts<SessionView>, Failure> {
        let recovery_key: RecoveryKey = recovery_key.parse().map_err(AccountError::from)?;
        let input = RecoverInput {
            name,
            recovery_key,
            new_password: Password::new(new_password)?,
        };
        self.core.recover(input).await?.to_page()
    }
}
