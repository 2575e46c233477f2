//! `undertone serve`: starts the server, says where it is, and stops it when asked.

mod settings;

use crate::error::CliError;
use crate::output::Output;
use config::Environment as Variables;
use fast_qr::QRBuilder;
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write as _};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use undertone_server::config::ConfigError;
use undertone_server::{Environment, RunningServer, StartError};

pub(crate) use settings::ServeArgs;
use settings::Settings;

/// Why the server did not start, or did not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The file or the environment cannot be read, or holds a setting that does not exist.
    #[error("the settings cannot be read")]
    Sources(#[from] config::ConfigError),
    /// A setting has a value that it cannot have.
    #[error("--{flag} cannot be `{value}`")]
    Value {
        /// Which setting.
        flag: &'static str,
        /// What was given.
        value: String,
    },
    /// The settings do not go together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The descriptor of `--ready-fd` cannot be written to.
    #[error("cannot write to the descriptor of --ready-fd")]
    ReadyDescriptor(#[source] io::Error),
    /// The process cannot be told about signals.
    #[error("cannot wait for signals")]
    Signals(#[source] io::Error),
}

impl ServeError {
    /// One of [`undertone_server::config::EXIT_CODES`].
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Sources(_) | Self::Value { .. } | Self::Config(_) => 78,
            Self::Start(error) => error.exit_code(),
            Self::ReadyDescriptor(_) | Self::Signals(_) => 1,
        }
    }
}

/// Runs the server until SIGTERM or Ctrl-C.
pub(crate) async fn run(args: ServeArgs, output: &mut Output) -> Result<(), CliError> {
    let settings = Settings::assemble(&args, Variables::with_prefix("UNDERTONE"))?;
    log_to_stderr(settings.log.as_deref().unwrap_or_default());
    let server = undertone_server::start(settings.to_config()?, Environment::default()).await;
    let server = server.map_err(ServeError::from)?;
    output.print(&Announcement::of(&server), |announcement| {
        announcement.for_people(&settings)
    })?;
    if let Some(descriptor) = args.ready_fd {
        tell(descriptor).map_err(ServeError::ReadyDescriptor)?;
    }
    until_told_to_stop().await.map_err(ServeError::Signals)?;
    server.shutdown().await;
    Ok(())
}

fn log_to_stderr(filter: &str) {
    let mut filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    // Below that they write the address of NATS, with its password, and the names of objects in S3.
    for quieter in ["async_nats=info", "object_store=warn"] {
        if let Ok(directive) = quieter.parse() {
            filter = filter.add_directive(directive);
        }
    }
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .finish();
    // Only a second server in the same process would find one installed.
    drop(tracing::subscriber::set_global_default(subscriber));
}

/// What is said when the server answers. With `--json` it is one line; its fields are stable.
#[derive(Debug, Serialize)]
struct Announcement {
    ready: bool,
    local: Option<String>,
    network: Vec<String>,
    setup_token: Option<String>,
    ca_fingerprint: Option<String>,
}

impl Announcement {
    fn of(server: &RunningServer) -> Self {
        Self {
            ready: true,
            local: Some(server.loopback_url().to_owned()).filter(|url| !url.is_empty()),
            network: server.network_urls().to_vec(),
            setup_token: server.setup_token().map(str::to_owned),
            ca_fingerprint: server.ca_fingerprint().map(str::to_owned),
        }
    }

    fn for_people(&self, settings: &Settings) -> String {
        let mut text = String::from("Undertone is running.\n\n");
        if let Some(local) = &self.local {
            line(&mut text, "On this machine:", local);
        }
        for (index, address) in self.network.iter().enumerate() {
            line(
                &mut text,
                if index == 0 { "On other devices:" } else { "" },
                address,
            );
        }
        if let Some(address) = self.network.first()
            && let Ok(code) = QRBuilder::new(address.as_str()).build()
        {
            text.push('\n');
            text.push_str(&code.to_str());
        }
        if let Some(fingerprint) = &self.ca_fingerprint {
            let data = settings.data_dir().display();
            text.push_str(
                "\nOther devices warn once, until they trust this server's own certificate authority:\n",
            );
            line(
                &mut text,
                "For this machine:",
                &format!("undertone trust --data {data}"),
            );
            line(
                &mut text,
                "For others:",
                "open the address above with /ca.crt, and compare its SHA-256:",
            );
            line(&mut text, "", fingerprint);
        }
        if let Some(token) = &self.setup_token {
            text.push_str(
                "\nNobody administers this server yet. Choose “I run this server” on its first page:\n",
            );
            line(&mut text, "Set-up token:", token);
        }
        text.push_str("\nCtrl-C stops it.");
        text
    }
}

fn line(text: &mut String, label: &str, value: &str) {
    let label = format!("{label:<18}");
    text.extend([
        "  ", &label, value, "
",
    ]);
}

/// Writes a line to a descriptor that whoever started us has opened.
fn tell(descriptor: u32) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .open(format!("/dev/fd/{descriptor}"))?
        .write_all(b"ready\n")
}

async fn until_told_to_stop() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        result = tokio::signal::ctrl_c() => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_where_to_go_and_what_to_type() {
        let announcement = Announcement {
            ready: true,
            local: Some("http://localhost:8080".to_owned()),
            network: vec!["https://192.0.2.7:8443".to_owned()],
            setup_token: Some("abcd-efgh".to_owned()),
            ca_fingerprint: Some("00ff".to_owned()),
        };
        let text = announcement.for_people(&Settings::default());
        for words in [
            "http://localhost:8080",
            "https://192.0.2.7:8443",
            "abcd-efgh",
            "00ff",
            "undertone trust",
            "█",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(
            serde_json::to_string(&announcement)
                .unwrap()
                .starts_with("{\"ready\":true,\"local\":")
        );
    }
}
