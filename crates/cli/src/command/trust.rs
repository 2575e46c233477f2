//! `undertone trust`: makes this machine trust the server's own certificate authority, or says how.

use crate::error::CliError;
use crate::output::Output;
use clap::Args;
use serde::Serialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use undertone_server::tls::LocalCa;

/// Where Debian and its relatives take additional authorities from.
const DEBIAN_DIRECTORY: &str = "/usr/local/share/ca-certificates";
/// The file's name there.
const INSTALLED_NAME: &str = "undertone-local-ca.crt";

/// What to trust.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// The server's data directory.
    #[arg(long, value_name = "DIR", default_value = "undertone-data")]
    data: PathBuf,
    /// Only say what would be done.
    #[arg(long)]
    print: bool,
    /// Print one line of JSON instead of words.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What was done, and what is left to do.
#[derive(Debug, Serialize)]
struct Trusted {
    installed: bool,
    ca: PathBuf,
    ca_fingerprint: String,
    commands: Vec<String>,
}

/// Installs the authority where this program knows how and may; says the exact commands otherwise.
pub(crate) fn run(args: &TrustArgs, output: &mut Output) -> Result<(), CliError> {
    let directory = LocalCa::directory_in(&args.data);
    let authority = LocalCa::read(&directory).map_err(|error| CliError::Other(error.into()))?;
    let ca = directory.join("ca.crt");
    let ca = ca.canonicalize().unwrap_or(ca);
    let installed = !args.print && install(&authority, Path::new(DEBIAN_DIRECTORY)).is_ok();
    let commands = commands(&ca, installed);
    let trusted = Trusted {
        installed,
        ca,
        ca_fingerprint: authority.fingerprint().to_owned(),
        commands,
    };
    output.print(&trusted, for_people)
}

/// On Debian and its relatives, with the rights of the system's administrator.
fn install(authority: &LocalCa, directory: &Path) -> io::Result<()> {
    if !directory.is_dir() {
        return Err(io::ErrorKind::NotFound.into());
    }
    fs::write(directory.join(INSTALLED_NAME), authority.certificate_pem())?;
    let status = Command::new("update-ca-certificates").output()?.status;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other("update-ca-certificates failed"))
    }
}

/// What people still have to do themselves: browsers and other systems have stores of their own.
fn commands(ca: &Path, installed: bool) -> Vec<String> {
    let ca = ca.display();
    let mut commands = Vec::new();
    if !installed {
        commands.push(format!(
            "Debian, Ubuntu:  sudo cp {ca} {DEBIAN_DIRECTORY}/{INSTALLED_NAME} && sudo update-ca-certificates"
        ));
        commands.push(format!("Fedora, Arch:    sudo trust anchor {ca}"));
        commands.push(format!(
            "macOS:           sudo security add-trusted-cert -d -k /Library/Keychains/System.keychain {ca}"
        ));
        commands.push(format!("Windows:         certutil -addstore Root {ca}"));
    }
    commands.push(format!(
        "Chromium:        certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n undertone -i {ca}   (package libnss3-tools)"
    ));
    commands.push("Firefox:         Settings, Certificates, Authorities, Import".to_owned());
    commands
}

fn for_people(trusted: &Trusted) -> String {
    let done = if trusted.installed {
        "This machine's programs trust the server's certificate authority now. Browsers may need it too:"
    } else {
        "Nothing was changed. To trust the server's certificate authority, run:"
    };
    format!(
        "{done}\n  {}\nIts SHA-256 is {}.",
        trusted.commands.join("\n  "),
        trusted.ca_fingerprint
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_done_is_said_exactly() {
        let commands = commands(Path::new("/data/tls/ca.crt"), false);
        assert!(
            commands
                .iter()
                .any(|command| command.contains("sudo cp /data/tls/ca.crt /usr/local/share"))
        );
        let left = super::commands(Path::new("/data/tls/ca.crt"), true);
        assert!(left.iter().all(|command| !command.contains("sudo")));
    }
}
