//! The facade: everything that a screen, a terminal or a bot asks of the client. It has no rules of
//! its own; each method is one call into the part that has them.

mod account;
mod file;
mod group;
mod message;
mod notify;
mod people;
mod search;
mod talk;

use crate::account::{AccountError, Password, PasswordStrength, RegisterInput};
use crate::change::{Change, Changes};
use crate::conversation::{open_direct, refresh_keys};
use crate::core::Core;
use crate::error::ClientError;
use crate::file::start as start_uploads;
use crate::message::key::MessageKey;
use crate::message::{signals, task};
use crate::notify::push;
use crate::platform::Platform;
use crate::store::message::Failure;
use crate::store::{StoreKey, StoreLocation};
use crate::sync::{self, stock};
use crate::testing::Checkpoints;
use crate::transport::Transport;
use crate::view::{
    self, ConnectionView, ConversationView, DeviceView, MessageStateView, MessageView, PeopleView,
    PersonView, RegisteredView, SessionView, TimelineQuery, TimelineView,
};
use std::rc::Rc;
use undertone_wire::account::{InvitationResponse, PeopleQuery};
use undertone_wire::server_info::{CheckSetupTokenRequest, ServerInfo};
use undertone_wire::{ConversationId, DeviceId, MessageId, UserId, UserName};

/// What a client is made of.
pub struct ClientOptions {
    /// The server's address, as the user knows it.
    pub server_url: String,
    /// Where the store is.
    pub store: StoreLocation,
    /// The key of the store.
    pub store_key: StoreKey,
    /// Time and tasks.
    pub platform: Rc<dyn Platform>,
    /// The network.
    pub transport: Rc<dyn Transport>,
    /// Points at which a test may end the client.
    pub checkpoints: Checkpoints,
}

impl std::fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientOptions")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// A client on one thread. Clones are the same client; when the last one is dropped, its tasks end and
/// its store is closed.
#[derive(Clone)]
pub struct Client(Rc<Owner>);

/// Ends the tasks, which hold the core, when nobody holds the client.
struct Owner(Rc<Core>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.abort_tasks();
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client(…)")
    }
}

impl Client {
    /// Opens the store. Nothing goes over the network before it is asked for.
    pub async fn open(options: ClientOptions) -> Result<Self, ClientError> {
        Ok(Self(Rc::new(Owner(Core::open(options).await?))))
    }

    /// Who is signed in.
    pub fn session(&self) -> SessionView {
        view::session(self.core())
    }

    /// What the server says about itself.
    pub async fn server_info(&self) -> Result<ServerInfo, ClientError> {
        let info = self.core().api.server_info().await?;
        self.core().store.save_server_info(&info)?;
        Ok(info)
    }

    /// What the server said about itself when it was asked last.
    pub fn known_server_info(&self) -> Result<Option<ServerInfo>, ClientError> {
        Ok(self.core().store.server_info()?)
    }

    /// How hard a password is to guess for somebody of that name.
    pub async fn password_strength(
        &self,
        password: &Password,
        name: &str,
    ) -> Result<PasswordStrength, ClientError> {
        let judged = password.strength(name, &*self.core().platform).await;
        Ok(judged.map_err(AccountError::from)?)
    }

    /// Makes an account, with this device as its first.
    pub async fn register(&self, input: RegisterInput) -> Result<RegisteredView, ClientError> {
        let recovery_key = self.core().account.register(input).await?;
        self.signed_in().await;
        Ok(RegisteredView {
            session: self.session(),
            recovery_key: recovery_key.to_text().to_string(),
        })
    }

    /// Signs in with this device.
    pub async fn login(&self, name: &str, password: Password) -> Result<SessionView, ClientError> {
        self.core().account.login(name, &password).await?;
        self.signed_in().await;
        Ok(self.session())
    }

    /// Ends the session, retires this device and deletes everything on it.
    pub async fn logout(&self) -> Result<(), ClientError> {
        let core = self.core();
        core.account.logout().await?;
        core.groups.forget_all();
        core.bubbles.borrow_mut().clear();
        core.status.ask_wake();
        core.publish(Change::Session);
        core.publish(Change::Conversations);
        Ok(())
    }

    /// Retires another of the user's devices: it is signed out, and gets nothing any more. What it holds stays on it.
    pub async fn retire_device(&self, device: DeviceId) -> Result<(), ClientError> {
        let core = self.core();
        if device == core.me()?.device {
            return self.logout().await;
        }
        let revoke = async |token: &str| core.api.revoke_device(token, device).await;
        Ok(core.account.authorized(revoke).await?)
    }

    /// Whether a set-up token is the right one.
    pub async fn check_setup_token(&self, token: &str) -> Result<(), ClientError> {
        let request = CheckSetupTokenRequest {
            token: token.to_owned(),
        };
        Ok(self.core().api.check_setup_token(&request).await?)
    }

    /// Makes an invitation; for administrators.
    pub async fn create_invitation(&self) -> Result<InvitationResponse, ClientError> {
        let core = self.core();
        Ok(core
            .account
            .authorized(async |token| core.api.create_invitation(token).await)
            .await?)
    }

    /// Looks for people on the server.
    pub async fn people(
        &self,
        query: Option<String>,
        after: Option<String>,
    ) -> Result<PeopleView, ClientError> {
        view::people(
            self.core(),
            PeopleQuery {
                query,
                after,
                limit: None,
            },
        )
        .await
    }

    /// The people whom this device knows.
    pub fn contacts(&self) -> Result<Vec<PersonView>, ClientError> {
        view::contacts(self.core())
    }

    /// The user's devices.
    pub async fn devices(&self) -> Result<Vec<DeviceView>, ClientError> {
        view::devices(self.core()).await
    }

    /// Finds or begins the conversation with a person. Asking twice gives the same one.
    pub async fn open_direct(&self, user: UserId) -> Result<ConversationId, ClientError> {
        open_direct::open_direct(self.core(), user).await
    }

    /// The same by the person's name.
    pub async fn open_direct_by_name(&self, name: &str) -> Result<ConversationId, ClientError> {
        let name: UserName = name.parse().map_err(|_invalid| ClientError::UnknownPerson)?;
        let user = open_direct::find_by_name(self.core(), &name).await?;
        self.open_direct(user).await
    }

    /// Resolves when the server has stored a message, or refused it for good.
    pub async fn wait_sent(&self, key: MessageKey) -> Result<MessageView, ClientError> {
        let core = self.core();
        core.until(|| outcome_of(view::message(core, key))).await
    }

    /// One message.
    pub fn message(&self, key: MessageKey) -> Result<Option<MessageView>, ClientError> {
        view::message(self.core(), key)
    }

    /// What this device calls a message of that id.
    pub fn message_key(&self, message: MessageId) -> Result<Option<MessageKey>, ClientError> {
        Ok(self.core().store.message_key(message)?)
    }

    /// Gives this device fresh keys in a conversation (post-compromise security), as soon as none of its
    /// messages is under way. Resolves when that is stored on this device and will be sent.
    pub async fn refresh_keys(&self, conversation: ConversationId) -> Result<(), ClientError> {
        refresh_keys::refresh_keys(self.core(), conversation).await
    }

    /// All conversations, the one with the newest message first.
    pub fn conversations(&self) -> Result<Vec<ConversationView>, ClientError> {
        view::conversations(self.core())
    }

    /// A part of a timeline.
    pub fn timeline(
        &self,
        conversation: ConversationId,
        query: TimelineQuery,
    ) -> Result<TimelineView, ClientError> {
        view::timeline(self.core(), conversation, query)
    }

    /// Whether the server is reached.
    pub fn connection(&self) -> Result<ConnectionView, ClientError> {
        view::connection(self.core())
    }

    /// The news of what changes from now on.
    pub fn changes(&self) -> Changes {
        self.core().changes()
    }

    /// Brings this device level with the server, and sends what waits.
    pub async fn catch_up(&self) -> Result<(), ClientError> {
        task::start(self.core());
        start_uploads(self.core());
        sync::catch_up(self.core()).await
    }

    /// Connects, and stays connected, until [`Self::stop`].
    pub fn start(&self) {
        task::start(self.core());
        start_uploads(self.core());
        sync::start(self.core());
    }

    /// Ends the connection; what was processed is acknowledged first.
    pub fn stop(&self) {
        signals::leave(self.core());
        sync::stop(self.core());
    }

    /// Resolves when the connection has ended after [`Self::stop`].
    pub async fn stopped(&self) {
        let core = self.core();
        core.signal
            .until(|| (!core.status.is_running()).then_some(()))
            .await;
    }

    /// The network came back, or someone looks: connect now, or prove that the connection lives.
    pub fn wake(&self) {
        self.core().status.ask_wake();
        self.core().signal.notify();
    }

    async fn signed_in(&self) {
        let core = self.core();
        // Of a guest who ended there may be something left in memory.
        core.groups.forget_all();
        core.bubbles.borrow_mut().clear();
        core.publish(Change::Session);
        core.publish(Change::Conversations);
        // Others need the key packages to write to this device; the connection makes good what fails here.
        if let Err(error) = stock::refill(core).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "key packages were not uploaded"
            );
        }
        if let Err(error) = push::renew(core).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the server does not know where to wake this device"
            );
        }
    }

    pub(crate) fn core(&self) -> &Rc<Core> {
        &self.0.0
    }
}

/// What became of a message, if something has.
fn outcome_of(message: Result<Option<MessageView>, ClientError>) -> Result<Option<MessageView>, ClientError> {
    let message = message?.ok_or(ClientError::UnknownMessage)?;
    match (message.state, message.failure.clone()) {
        (MessageStateView::Sending, _) => Ok(None),
        (MessageStateView::Sent, _) => Ok(Some(message)),
        (MessageStateView::Failed, failure) => {
            let failure = failure.map(|failure| Failure {
                code: failure.code,
                message: failure.message,
            });
            Err(ClientError::NotSent(failure.unwrap_or_else(Failure::unknown)))
        }
    }
}
