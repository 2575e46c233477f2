//! `register`, `login`, `recover`, `guest`, `logout`, `whoami`, `invite`, `visibility`.

use super::Open;
use super::result::{InvitationResult, LogoutResult, SessionResult, VisibilityResult};
use crate::args::{
    GuestArgs, LoginArgs, ProfileArgs, RecoverArgs, RegisterArgs, Registration, VisibilityArgs, VisibleTo,
};
use crate::environment::Environment;
use crate::error::CliError;
use crate::password;
use undertone_client_core::account::{BecomeAccountInput, RecoverInput, RegisterInput};
use undertone_client_core::view::SessionView;
use undertone_wire::guest::UserKind;
use undertone_wire::server_info::{RegistrationPolicy, SetupRequest};
use undertone_wire::signal::Visibility;

/// What stands above the recovery key.
const RECOVERY_WORDS: &str =
    "Your recovery key. Keep it somewhere safe: if you forget your password, it is the
only way back to your account. The server does not have it. It is not shown again.";

pub(super) async fn register(
    open: &mut Open,
    args: RegisterArgs,
    environment: &Environment,
) -> Result<(), CliError> {
    let password = password::new(&args.password, environment)?;
    if is_guest(open) {
        let input = BecomeAccountInput {
            name: args.name,
            password,
            invitation: args.invitation,
        };
        open.catch_up().await?;
        let registered = open.client.become_account(input).await?;
        return print_session(open, registered.session, Some(registered.recovery_key));
    }
    let registration = match args.registration {
        Registration::Open => RegistrationPolicy::Open,
        Registration::Invitation => RegistrationPolicy::Invitation,
        Registration::Closed => RegistrationPolicy::Closed,
    };
    let setup = args.setup_token.map(|token| SetupRequest {
        token,
        server_name: args.server_name.unwrap_or_default(),
        registration,
    });
    let input = RegisterInput {
        name: args.name,
        password,
        invitation: args.invitation,
        setup,
    };
    let registered = open.client.register(input).await?;
    keep_server(open, &args.profile)?;
    print_session(open, registered.session, Some(registered.recovery_key))
}

pub(super) async fn login(
    open: &mut Open,
    args: LoginArgs,
    environment: &Environment,
) -> Result<(), CliError> {
    let password = password::known(&args.password, environment)?;
    let session = open.client.login(&args.name, password).await?;
    keep_server(open, &args.profile)?;
    print_session(open, session, None)
}

pub(super) async fn recover(
    open: &mut Open,
    args: RecoverArgs,
    environment: &Environment,
) -> Result<(), CliError> {
    let recovery_key = password::recovery_key(args.recovery_key_file.as_deref())?;
    let new_password = password::new(&args.password, environment)?;
    let input = RecoverInput {
        name: args.name,
        recovery_key,
        new_password,
    };
    let session = open.client.recover(input).await?;
    keep_server(open, &args.profile)?;
    print_session(open, session, None)
}

pub(super) async fn guest(open: &mut Open, args: GuestArgs) -> Result<(), CliError> {
    let session = open.client.become_guest(args.nickname.as_deref()).await?;
    keep_server(open, &args.profile)?;
    print_session(open, session, None)
}

fn is_guest(open: &Open) -> bool {
    matches!(
        open.client.session(),
        SessionView::SignedIn {
            kind: UserKind::Guest,
            ..
        }
    )
}

pub(super) async fn visibility(open: &mut Open, args: VisibilityArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    if let Some(to) = args.to {
        open.client.set_visibility(match to {
            VisibleTo::Everyone => Visibility::Everyone,
            VisibleTo::Direct => Visibility::Direct,
            VisibleTo::Nobody => Visibility::Nobody,
        })?;
    }
    let visible_to = open.client.visibility()?;
    open.output.print(&VisibilityResult { visible_to }, |result| {
        match result.visible_to {
            Visibility::Everyone => "You are shown as online to all with whom you have a conversation.",
            Visibility::Direct => "You are shown as online to those with whom you talk in private.",
            Visibility::Nobody => "You are shown as online to nobody.",
        }
        .to_owned()
    })
}

pub(super) async fn logout(open: &mut Open) -> Result<(), CliError> {
    // A session that the server has ended may be left, too: what is on the device goes.
    let nobody = SessionView::SignedOut {
        ended: false,
        guest_ended: false,
    };
    if open.client.session() == nobody {
        return Err(CliError::SignedOut);
    }
    open.client.logout().await?;
    open.profile.forget_server()?;
    open.output.print(&LogoutResult { signed_out: true }, |_| {
        "Signed out. The messages of this profile are deleted.".to_owned()
    })
}

pub(super) async fn whoami(open: &mut Open) -> Result<(), CliError> {
    open.catch_up().await?;
    let session = open.client.session();
    print_session(open, session, None)
}

pub(super) async fn invite(open: &mut Open) -> Result<(), CliError> {
    open.catch_up().await?;
    let made = open.client.create_invitation().await?;
    let result = InvitationResult {
        invitation: made.invitation,
        expires_at: made.expires_at,
    };
    open.output.print(&result, |result| {
        format!(
            "{}\nGood for one person until {}.",
            result.invitation, result.expires_at
        )
    })
}

fn keep_server(open: &mut Open, args: &ProfileArgs) -> Result<(), CliError> {
    Ok(open.profile.keep_server(&open.server, args.ca.as_deref())?)
}

fn print_session(
    open: &mut Open,
    session: SessionView,
    recovery_key: Option<String>,
) -> Result<(), CliError> {
    let result = SessionResult::new(session, recovery_key).ok_or(CliError::SignedOut)?;
    open.output.print(&result, |result| {
        let kind = match (result.kind, result.stay_until) {
            (UserKind::Account, _) => String::new(),
            (UserKind::Guest, None) => ", guest".to_owned(),
            (UserKind::Guest, Some(end)) => format!(", guest until {end} at least"),
        };
        let who = format!(
            "{} on {}, device {}{kind}",
            result.name, result.server, result.device
        );
        match &result.recovery_key {
            None => who,
            Some(key) => format!("{who}\n\n{RECOVERY_WORDS}\n\n  {key}"),
        }
    })
}
