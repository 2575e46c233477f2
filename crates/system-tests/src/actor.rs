//! A person on a device, as a story tells of them: `alice.sends(&talk, "hello")`, `bob.sees(…)`.

use crate::history::Shown;
use crate::traffic::{Counted, Traffic};
use crate::world::{PASSWORD, eventually};
use anyhow::{Context, Result, bail};
use futures::StreamExt;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use undertone_client_core::account::{Password, RegisterInput};
use undertone_client_core::message::draft::Draft;
use undertone_client_core::platform::NativePlatform;
use undertone_client_core::store::{StoreKey, StoreLocation};
use undertone_client_core::testing::Checkpoints;
use undertone_client_core::transport::native::NativeTransport;
use undertone_client_core::view::{
    ConversationStateView, ConversationView, EventView, MessageStateView, MessageView, SessionView,
    TimelineQuery,
};
use undertone_client_core::{Client, ClientOptions, MessageKey};
use undertone_wire::content::Expiry;
use undertone_wire::server_info::SetupRequest;
use undertone_wire::{ConversationId, UserId};

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    /// The sender's name.
    pub from: String,
    /// The text.
    pub text: String,
}

impl From<MessageView> for Line {
    fn from(message: MessageView) -> Self {
        Self {
            from: message.sender_name,
            text: message.text,
        }
    }
}

/// See the module. The client runs until the actor is dropped or killed.
pub struct Actor {
    name: String,
    store: PathBuf,
    url: String,
    ca: Option<PathBuf>,
    client: RefCell<Option<Client>>,
    recovery_key: RefCell<Option<String>>,
    killed_times: Cell<u32>,
    traffic: Rc<Traffic>,
}

impl Actor {
    /// A device with an empty store, or with the store that is there.
    pub(crate) async fn open(name: &str, store: PathBuf, url: String) -> Result<Self> {
        Self::open_trusting(name, store, url, None).await
    }

    /// The same, trusting only the certificates in this file.
    pub(crate) async fn open_trusting(
        name: &str,
        store: PathBuf,
        url: String,
        ca: Option<PathBuf>,
    ) -> Result<Self> {
        let actor = Self {
            name: name.to_owned(),
            store,
            url,
            ca,
            client: RefCell::default(),
            recovery_key: RefCell::default(),
            killed_times: Cell::default(),
            traffic: Rc::default(),
        };
        actor.start(Checkpoints::default()).await?;
        Ok(actor)
    }

    /// Opens the store and connects, as after a kill.
    pub async fn start(&self, checkpoints: Checkpoints) -> Result<()> {
        // The tasks of a client that was killed let go of its store when they are next polled.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let client = Client::open(self.options(checkpoints)?).await?;
        client.start();
        *self.client.borrow_mut() = Some(client);
        Ok(())
    }

    fn options(&self, checkpoints: Checkpoints) -> Result<ClientOptions> {
        let transport = NativeTransport::new(&self.url, self.ca.as_deref())?;
        Ok(ClientOptions {
            server_url: self.url.clone(),
            store: StoreLocation::File(self.store.clone()),
            store_key: StoreKey::from_bytes([7; 32]),
            platform: Rc::new(NativePlatform::new()),
            transport: Rc::new(Counted::around(transport, &self.traffic)),
            checkpoints,
        })
    }

    /// Ends the client without a word; the store stays as it is.
    pub fn kill(&self) {
        self.killed_times.set(self.killed_times.get() + 1);
        drop(self.client.borrow_mut().take());
    }

    /// How often it was killed.
    pub fn killed_times(&self) -> u32 {
        self.killed_times.get()
    }

    /// Commits that it has handed in, those in vain too.
    pub fn commits_handed_in(&self) -> usize {
        self.traffic.commits.get()
    }

    /// The client, to do what a story has no words for.
    pub fn client(&self) -> Result<Client> {
        self.client
            .borrow()
            .clone()
            .with_context(|| format!("{} is dead", self.name))
    }

    /// The name in the story.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The store's file.
    pub fn store(&self) -> &PathBuf {
        &self.store
    }

    /// The recovery key, if this actor registered.
    pub fn recovery_key(&self) -> Option<String> {
        self.recovery_key.borrow().clone()
    }

    /// Registers under the own name.
    pub async fn register(&self) -> Result<()> {
        self.register_as(None, None).await
    }

    /// Registers as the first administrator.
    pub async fn sets_up(&self, setup: SetupRequest) -> Result<()> {
        self.register_as(None, Some(setup)).await
    }

    /// Registers with an invitation.
    pub async fn register_invited(&self, invitation: &str) -> Result<()> {
        self.register_as(Some(invitation.to_owned()), None).await
    }

    async fn register_as(&self, invitation: Option<String>, setup: Option<SetupRequest>) -> Result<()> {
        let input = RegisterInput {
            name: self.name.clone(),
            password: password(PASSWORD)?,
            invitation,
            setup,
        };
        let registered = self.client()?.register(input).await?;
        *self.recovery_key.borrow_mut() = Some(registered.recovery_key);
        Ok(())
    }

    /// Logs in on this device under the own name.
    pub async fn logs_in(&self) -> Result<()> {
        self.logs_in_with(PASSWORD).await
    }

    /// Tries to log in on this device with some password.
    pub async fn logs_in_with(&self, secret: &str) -> Result<()> {
        self.client()?.login(&self.name, password(secret)?).await?;
        Ok(())
    }

    /// Waits until the server holds this device's key packages, so that others can add it.
    pub async fn key_packages_are_there(&self) -> Result<()> {
        Ok(self.client()?.catch_up().await?)
    }

    /// Who is signed in here.
    pub fn user(&self) -> Result<UserId> {
        match self.client()?.session() {
            SessionView::SignedIn { user, .. } => Ok(user),
            SessionView::SignedOut { .. } => bail!("{} is signed out", self.name),
        }
    }

    /// Opens the conversation with somebody.
    pub async fn opens(&self, other: &str) -> Result<ConversationId> {
        Ok(self.client()?.open_direct_by_name(other).await?)
    }

    /// Opens the conversation with somebody, trying again as a person would while the server comes back.
    pub async fn opens_at_last(&self, other: &str) -> Result<ConversationId> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.client()?.open_direct_by_name(other).await {
                Err(error) if error.code() == "unreachable" && tries < 20 => tokio::task::yield_now().await,
                opened => return Ok(opened?),
            }
        }
    }

    /// Writes, without waiting for the network.
    pub async fn writes(&self, talk: ConversationId, text: &str) -> Result<MessageKey> {
        Ok(self
            .client()?
            .send_text(talk, MessageKey::random(&mut OsRng), text)
            .await?)
    }

    /// Sends something that vanishes by a timer of its own.
    pub async fn sends_for_a_while(&self, talk: ConversationId, text: &str, expires: Expiry) -> Result<()> {
        let draft = Draft {
            text: text.to_owned(),
            expires: Some(expires),
            ..Draft::default()
        };
        let client = self.client()?;
        let key = client
            .send_text(talk, MessageKey::random(&mut OsRng), draft)
            .await?;
        client.wait_sent(key).await?;
        Ok(())
    }

    /// Writes, and waits until the server has it.
    pub async fn sends(&self, talk: ConversationId, text: &str) -> Result<()> {
        let key = self.writes(talk, text).await?;
        let sent = self.client()?.wait_sent(key).await?;
        anyhow::ensure!(
            sent.state == MessageStateView::Sent,
            "{} could not send {text:?}",
            self.name
        );
        Ok(())
    }

    /// Tries to send, which must be refused; gives the code, and takes the bubble away.
    pub async fn cannot_send(&self, talk: ConversationId, text: &str) -> Result<String> {
        let client = self.client()?;
        let refusal = match self.writes(talk, text).await {
            Ok(key) => match client.wait_sent(key).await {
                Ok(_sent) => bail!("{} could send {text:?}", self.name),
                Err(refusal) => {
                    client.discard(key)?;
                    refusal
                }
            },
            Err(refused) => refused.downcast()?,
        };
        Ok(refusal.code().to_owned())
    }

    /// What this device shows of a conversation.
    pub fn timeline(&self, talk: ConversationId) -> Result<Vec<Line>> {
        Ok(self.messages(talk)?.into_iter().map(Line::from).collect())
    }

    /// What this device shows, and the server has.
    pub fn acknowledged(&self, talk: ConversationId) -> Result<Vec<Line>> {
        let messages = self.messages(talk)?.into_iter();
        Ok(messages
            .filter(|message| message.state == MessageStateView::Sent)
            .map(Line::from)
            .collect())
    }

    /// This client's part of a history that is to be checked.
    pub fn shown(&self, talk: ConversationId) -> Result<Shown> {
        Ok(Shown {
            client: self.name.clone(),
            lines: self.acknowledged(talk)?,
            epoch: self.epoch_authenticator(talk)?,
        })
    }

    /// All messages of a conversation on this device, oldest first.
    pub fn messages(&self, talk: ConversationId) -> Result<Vec<MessageView>> {
        let mut rows = self.rows(talk)?;
        rows.retain(|row| row.event.is_none());
        Ok(rows)
    }

    /// All that happened to a conversation by this device, oldest first.
    pub fn events(&self, talk: ConversationId) -> Result<Vec<EventView>> {
        let rows = self.rows(talk)?;
        Ok(rows.into_iter().filter_map(|row| row.event).collect())
    }

    fn rows(&self, talk: ConversationId) -> Result<Vec<MessageView>> {
        let client = self.client()?;
        let mut pages = Vec::new();
        let mut before = None;
        loop {
            let page = client.timeline(
                talk,
                TimelineQuery {
                    limit: 500,
                    before,
                    ..TimelineQuery::default()
                },
            )?;
            before = page.messages.first().map(|message| message.key);
            pages.push(page.messages);
            if !page.more {
                return Ok(pages.into_iter().rev().flatten().collect());
            }
        }
    }

    /// Waits until the timeline ends with these lines.
    pub async fn sees(&self, talk: ConversationId, lines: &[(&str, &str)]) -> Result<()> {
        let wanted: Vec<Line> = lines
            .iter()
            .map(|(from, text)| Line {
                from: (*from).to_owned(),
                text: (*text).to_owned(),
            })
            .collect();
        let what = format!("{} sees {lines:?}", self.name);
        self.until(&what, |_| {
            Ok(self.timeline(talk)?.ends_with(&wanted).then_some(()))
        })
        .await
        .with_context(|| format!("shown: {:?}", self.timeline(talk)))
    }

    /// Waits until this line is somewhere in the timeline.
    pub async fn reads(&self, talk: ConversationId, from: &str, text: &str) -> Result<()> {
        let what = format!("{} reads {text:?}", self.name);
        self.until(&what, |_| {
            let mut lines = self.timeline(talk)?.into_iter();
            Ok(lines
                .any(|line| line.from == from && line.text == text)
                .then_some(()))
        })
        .await
    }

    /// Waits until a conversation with somebody is in the list.
    pub async fn finds_conversation_with(&self, other: &str) -> Result<ConversationView> {
        let what = format!("{} has a conversation with {other}", self.name);
        self.until(&what, |client| {
            Ok(client
                .conversations()?
                .into_iter()
                .find(|talk| talk.title == other))
        })
        .await
        .with_context(|| format!("shown: {:?}", self.titles()))
    }

    fn titles(&self) -> Result<Vec<(String, ConversationStateView)>> {
        let talks = self.client()?.conversations()?.into_iter();
        Ok(talks.map(|talk| (talk.title, talk.state)).collect())
    }

    /// Waits until the other person of a conversation is shown as online or not.
    pub async fn sees_online(&self, other: &str, online: bool) -> Result<()> {
        let what = format!(
            "{} sees {other} {}",
            self.name,
            if online { "online" } else { "offline" }
        );
        self.until(&what, |client| {
            let talks = client.conversations()?;
            let peer = talks
                .into_iter()
                .filter_map(|talk| talk.peer)
                .find(|peer| peer.name == other);
            Ok(peer.filter(|peer| peer.online == online).map(|_| ()))
        })
        .await
    }

    /// Waits until something is so on this device.
    pub async fn until<T>(&self, what: &str, mut so: impl FnMut(&Client) -> Result<Option<T>>) -> Result<T> {
        let client = self.client()?;
        let changes = Rc::new(futures::lock::Mutex::new(client.changes()));
        eventually(
            what,
            || so(&client),
            || {
                let changes = Rc::clone(&changes);
                // The news never end while the client lives.
                async move {
                    let _news = changes.lock().await.next().await;
                }
            },
        )
        .await
    }
}

fn password(secret: &str) -> Result<Password> {
    Ok(Password::new(secret.to_owned())?)
}
