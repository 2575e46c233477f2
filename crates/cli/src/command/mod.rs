//! What the verbs of the scriptable client do, and what they share: an open profile with a client in
//! it. The core does the work; here it is only asked and printed.

mod account;
pub(crate) mod admin;
pub(crate) mod backup;
mod chat;
mod conversation;
mod export;
mod file;
mod group;
mod message;
mod people;
mod person;
mod result;
mod room;
mod secret_input;
pub(crate) mod serve;
mod talk;
mod transcript;
pub(crate) mod trust;
mod watch;
mod who;

use crate::args::{
    ClientCommand, GuestArgs, LoginArgs, ProfileArgs, RecoverArgs, RegisterArgs, RoomCommand, RoomInfoArgs,
};
use crate::environment::Environment;
use crate::error::CliError;
use crate::output::Output;
use crate::profile::Profile;
use std::rc::Rc;
use std::time::Duration;
use undertone_client_core::platform::{NativePlatform, Zone};
use undertone_client_core::store::StoreLocation;
use undertone_client_core::testing::Checkpoints;
use undertone_client_core::transport::native::NativeTransport;
use undertone_client_core::view::SessionView;
use undertone_client_core::{Client, ClientError, ClientOptions};

/// How long the end of the connection is waited for.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

/// Runs one verb.
pub(crate) async fn run(
    command: ClientCommand,
    environment: Environment,
    output: Output,
) -> Result<(), CliError> {
    let server = match &command {
        ClientCommand::Register(RegisterArgs { server, .. })
        | ClientCommand::Login(LoginArgs { server, .. })
        | ClientCommand::Recover(RecoverArgs { server, .. })
        | ClientCommand::Guest(GuestArgs { server, .. })
        | ClientCommand::Room(RoomCommand::Info(RoomInfoArgs { server, .. })) => {
            WhichServer::Wanted(server.as_deref())
        }
        _ => WhichServer::OfProfile,
    };
    let mut open = Open::new(command.profile(), server, &environment, output).await?;
    let result = match command {
        ClientCommand::Register(args) => account::register(&mut open, args, &environment).await,
        ClientCommand::Login(args) => account::login(&mut open, args, &environment).await,
        ClientCommand::Recover(args) => account::recover(&mut open, args, &environment).await,
        ClientCommand::Guest(args) => account::guest(&mut open, args).await,
        ClientCommand::Visibility(args) => account::visibility(&mut open, args).await,
        ClientCommand::Group(command) => group::run(&mut open, command).await,
        ClientCommand::Room(command) => room::run(&mut open, command).await,
        ClientCommand::Members(args) => conversation::members(&mut open, args).await,
        ClientCommand::Timer(args) => conversation::timer(&mut open, args).await,
        ClientCommand::Read(args) => conversation::read(&mut open, args).await,
        ClientCommand::Logout(_) => account::logout(&mut open).await,
        ClientCommand::Whoami(_) => account::whoami(&mut open).await,
        ClientCommand::Invite(_) => account::invite(&mut open).await,
        ClientCommand::Devices(_) => people::devices(&mut open).await,
        ClientCommand::Contacts(args) => people::contacts(&mut open, args).await,
        ClientCommand::Conversations(_) => conversation::conversations(&mut open).await,
        ClientCommand::Dm(args) => conversation::dm(&mut open, args).await,
        ClientCommand::Profile(args) => person::profile(&mut open, args).await,
        ClientCommand::Block(args) => person::block(&mut open, args, true).await,
        ClientCommand::Unblock(args) => person::block(&mut open, args, false).await,
        ClientCommand::Requests(_) => person::requests(&mut open).await,
        ClientCommand::Accept(args) => person::accept(&mut open, args).await,
        ClientCommand::Ignore(args) => person::ignore(&mut open, args).await,
        ClientCommand::Notify(args) => person::notify(&mut open, args).await,
        ClientCommand::Send(args) => message::send(&mut open, args).await,
        ClientCommand::Talk(command) => talk::run(&mut open, command).await,
        ClientCommand::Messages(args) => message::messages(&mut open, args).await,
        ClientCommand::Save(args) => file::save(&mut open, args).await,
        ClientCommand::Search(args) => message::search(&mut open, args).await,
        ClientCommand::Export(args) => export::export(&mut open, args).await,
        ClientCommand::Chat(args) => chat::chat(&mut open, args).await,
        ClientCommand::Watch(args) => watch::watch(&mut open, &args.log).await,
    };
    open.close().await;
    result
}

/// How a verb knows its server.
enum WhichServer<'a> {
    /// Whoever signs in or looks at a door names it, unless the profile has one.
    Wanted(Option<&'a str>),
    /// Somebody has signed in before.
    OfProfile,
}

/// A profile that is open, with its client.
struct Open {
    client: Client,
    profile: Profile,
    server: String,
    output: Output,
}

impl Open {
    async fn new(
        args: &ProfileArgs,
        server: WhichServer<'_>,
        environment: &Environment,
        output: Output,
    ) -> Result<Self, CliError> {
        let profile = Profile::open(args.profile.as_deref(), environment)?;
        let server = match server {
            WhichServer::Wanted(wanted) => profile.server_for(wanted)?,
            WhichServer::OfProfile => profile.server().ok_or(CliError::SignedOut)?.to_owned(),
        };
        let transport = NativeTransport::new(&server, args.ca.as_deref().or(profile.ca()))?;
        let options = ClientOptions {
            server_url: server.clone(),
            store: StoreLocation::File(profile.store_path()),
            store_key: profile.store_key(environment)?,
            platform: Rc::new(NativePlatform::in_zone(Zone::of_machine())),
            transport: Rc::new(transport),
            checkpoints: Checkpoints::default(),
        };
        let client = Client::open(options).await?;
        Ok(Self {
            client,
            profile,
            server,
            output,
        })
    }

    /// Fails if nobody is signed in, and otherwise connects and brings the profile up to date.
    async fn catch_up(&self) -> Result<(), CliError> {
        self.require_session()?;
        // The connection stays for what the verb does next.
        self.client.start();
        Ok(self.client.catch_up().await?)
    }

    /// Ends the connection politely: what was received is acknowledged, or else it comes again.
    async fn close(&self) {
        self.client.stop();
        if tokio::time::timeout(CLOSE_TIMEOUT, self.client.stopped())
            .await
            .is_err()
        {
            tracing::debug!("the connection did not end in time");
        }
    }

    fn require_session(&self) -> Result<(), CliError> {
        match self.client.session() {
            SessionView::SignedIn { .. } => Ok(()),
            SessionView::SignedOut {
                guest_ended: true, ..
            } => Err(ClientError::GuestEnded.into()),
            SessionView::SignedOut { ended: true, .. } => Err(ClientError::SessionRevoked.into()),
            SessionView::SignedOut { .. } => Err(CliError::SignedOut),
        }
    }
}
