//! The facade of the core, method by method, with text for ids and views as plain objects.

use crate::convert::{ToCore, ToPage};
use crate::failure::Failure;
use crate::files::Taken;
use crate::input::{
    ChangeListener, ConversationIdText, MessageKeyText, PasswordEstimator, UserIdText, parse,
};
use crate::plain::{InvitationView, PasswordStrengthView, RegisterInput, ServerInfo};
use futures::StreamExt;
use std::cell::RefCell;
use std::rc::Rc;
use tsify::{Ts, Tsify};
use undertone_client_core::account::Password;
use undertone_client_core::change::Changes;
use undertone_client_core::message::draft::Draft;
use undertone_client_core::platform::WebPlatform;
use undertone_client_core::store::{StoreKey, StoreLocation};
use undertone_client_core::testing::Checkpoints;
use undertone_client_core::transport::web::WebTransport;
use undertone_client_core::view::{
    ConnectionView, ConversationView, PeopleView, RegisteredView, SessionView, TimelineQuery, TimelineView,
};
use undertone_client_core::{ClientOptions, MessageKey};
use undertone_wire::signal::Visibility;
use undertone_wire::{ConversationId, UserId, UserName};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

/// The client of one browser profile, in the worker that owns its store.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client {
    pub(crate) core: undertone_client_core::Client,
    /// Files that are taken piece by piece, by their takers' names; who took last stands last.
    pub(crate) taken: RefCell<Vec<(String, Taken)>>,
}

#[wasm_bindgen]
impl Client {
    /// Opens the store in a directory of the origin private file system, with a key of 32 bytes. Passwords
    /// are judged by the estimator, which may load what it needs when it is first asked.
    pub async fn open(
        origin: String,
        directory: String,
        key: Vec<u8>,
        on_change: ChangeListener,
        estimator: PasswordEstimator,
    ) -> Result<Self, Failure> {
        console_error_panic_hook::set_once();
        let key = Zeroizing::new(key);
        let key = <[u8; 32]>::try_from(key.as_slice())
            .map_err(|_length| Failure::new("bad_request", "not a key"))?;
        let core = undertone_client_core::Client::open(ClientOptions {
            server_url: origin.clone(),
            store: StoreLocation::Opfs { directory },
            store_key: StoreKey::from_bytes(key),
            platform: Rc::new(WebPlatform::new(estimator.unchecked_into())),
            transport: Rc::new(WebTransport::new(origin)),
            checkpoints: Checkpoints::default(),
        })
        .await?;
        wasm_bindgen_futures::spawn_local(pass_on(core.changes(), on_change));
        Ok(Self {
            core,
            taken: RefCell::default(),
        })
    }

    /// Connects, and stays connected.
    pub fn start(&self) {
        self.core.start();
    }

    /// The network came back, or someone looks.
    pub fn wake(&self) {
        self.core.wake();
    }

    /// Who is signed in.
    pub fn session(&self) -> Result<Ts<SessionView>, Failure> {
        self.core.session().to_page()
    }

    /// Whether the server is reached.
    pub fn connection(&self) -> Result<Ts<ConnectionView>, Failure> {
        self.core.connection()?.to_page()
    }

    /// What the server says about itself.
    #[wasm_bindgen(js_name = serverInfo)]
    pub async fn server_info(&self) -> Result<Ts<ServerInfo>, Failure> {
        ServerInfo::from(self.core.server_info().await?).to_page()
    }

    /// Whether a name can be that of an account; the code of the failure says why not.
    #[wasm_bindgen(js_name = checkName)]
    pub fn check_name(&self, name: &str) -> Result<(), Failure> {
        let _valid = name.parse::<UserName>()?.for_account()?;
        Ok(())
    }

    /// How strong a password is, for somebody of that name.
    #[wasm_bindgen(js_name = passwordStrength)]
    pub async fn password_strength(
        &self,
        password: String,
        name: String,
    ) -> Result<Ts<PasswordStrengthView>, Failure> {
        let password = Password::new(password)?;
        let strength = self.core.password_strength(&password, &name).await?;
        PasswordStrengthView::from(strength).to_page()
    }

    /// Makes an account.
    pub async fn register(&self, input: Ts<RegisterInput>) -> Result<Ts<RegisteredView>, Failure> {
        self.core.register(input.to_core()?.try_into()?).await?.to_page()
    }

    /// Signs in.
    pub async fn login(&self, name: String, password: String) -> Result<Ts<SessionView>, Failure> {
        self.core.login(&name, Password::new(password)?).await?.to_page()
    }

    /// Signs out and deletes everything on this device.
    pub async fn logout(&self) -> Result<(), Failure> {
        Ok(self.core.logout().await?)
    }

    /// Whether a set-up token is the right one.
    #[wasm_bindgen(js_name = checkSetupToken)]
    pub async fn check_setup_token(&self, token: String) -> Result<(), Failure> {
        Ok(self.core.check_setup_token(&token).await?)
    }

    /// Makes an invitation.
    #[wasm_bindgen(js_name = createInvitation)]
    pub async fn create_invitation(&self) -> Result<Ts<InvitationView>, Failure> {
        InvitationView::from(self.core.create_invitation().await?).to_page()
    }

    /// Looks for people.
    pub async fn people(
        &self,
        query: Option<String>,
        after: Option<String>,
    ) -> Result<Ts<PeopleView>, Failure> {
        self.core.people(query, after).await?.to_page()
    }

    /// Finds or begins the conversation with a person.
    #[wasm_bindgen(js_name = openDirect)]
    pub async fn open_direct(&self, user: UserIdText) -> Result<ConversationIdText, Failure> {
        let conversation = self.core.open_direct(parse::<UserId>(&user)?).await?;
        Ok(JsValue::from(conversation.to_string()).unchecked_into())
    }

    /// Shows a message at once; resolves when it is stored on this device.
    #[wasm_bindgen(js_name = sendText)]
    pub async fn send_text(
        &self,
        conversation: ConversationIdText,
        key: MessageKeyText,
        draft: Ts<Draft>,
    ) -> Result<(), Failure> {
        let (conversation, key) = (
            parse::<ConversationId>(&conversation)?,
            parse::<MessageKey>(&key)?,
        );
        let draft: Draft = draft.to_core()?;
        self.core.send_text(conversation, key, draft).await?;
        Ok(())
    }

    /// The user is writing in a conversation.
    pub fn typing(&self, conversation: &ConversationIdText) -> Result<(), Failure> {
        Ok(self.core.typing(parse(conversation)?)?)
    }

    /// The user has stopped writing, without sending.
    #[wasm_bindgen(js_name = stoppedTyping)]
    pub fn stopped_typing(&self, conversation: &ConversationIdText) -> Result<(), Failure> {
        Ok(self.core.stopped_typing(parse(conversation)?)?)
    }

    /// The user is at the device, or not.
    #[wasm_bindgen(js_name = setAttention)]
    pub fn set_attention(&self, here: bool) -> Result<(), Failure> {
        Ok(self.core.set_attention(here)?)
    }

    /// Sets whom the user shows themselves to.
    #[wasm_bindgen(js_name = setVisibility)]
    pub fn set_visibility(&self, visibility: &Ts<Visibility>) -> Result<(), Failure> {
        Ok(self.core.set_visibility(visibility.to_core()?)?)
    }

    /// Whom the user shows themselves to.
    pub fn visibility(&self) -> Result<Ts<Visibility>, Failure> {
        self.core.visibility()?.to_page()
    }

    /// Sends a failed message again.
    pub fn retry(&self, key: &MessageKeyText) -> Result<(), Failure> {
        Ok(self.core.retry(parse(key)?)?)
    }

    /// Deletes a failed message.
    pub fn discard(&self, key: &MessageKeyText) -> Result<(), Failure> {
        Ok(self.core.discard(parse(key)?)?)
    }

    /// All conversations.
    pub fn conversations(&self) -> Result<Vec<Ts<ConversationView>>, Failure> {
        each(self.core.conversations()?)
    }

    /// A part of a timeline.
    pub fn timeline(
        &self,
        conversation: &ConversationIdText,
        query: &Ts<TimelineQuery>,
    ) -> Result<Ts<TimelineView>, Failure> {
        self.core
            .timeline(parse(conversation)?, query.to_core()?)?
            .to_page()
    }

    /// Everything in a conversation was read.
    #[wasm_bindgen(js_name = markRead)]
    pub fn mark_read(&self, conversation: &ConversationIdText) -> Result<(), Failure> {
        Ok(self.core.mark_read(parse(conversation)?)?)
    }
}

pub(crate) fn each<T: Tsify + serde::Serialize>(views: Vec<T>) -> Result<Vec<Ts<T>>, Failure> {
    views.into_iter().map(|view| view.to_page()).collect()
}

/// Tells the listener what changed, for as long as the core lives.
async fn pass_on(mut changes: Changes, listener: ChangeListener) {
    let listener: js_sys::Function = listener.unchecked_into();
    while let Some(change) = changes.next().await {
        let Ok(change) = change.to_page() else { continue };
        // A listener that throws has told the console; the next change is told all the same.
        drop(listener.call1(&JsValue::NULL, &change.js_value()));
    }
}
