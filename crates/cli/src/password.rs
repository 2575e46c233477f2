//! Where a password comes from: a file, the environment or a prompt, in this order; and a recovery key:
//! a file or a prompt. They are never arguments, which every process of the machine could read.

use crate::args::PasswordArgs;
use crate::environment::Environment;
use crate::error::CliError;
use std::fs;
use std::path::Path;
use undertone_client_core::account::{Password, RecoveryKey};
use zeroize::Zeroizing;

/// The password of an account that exists.
pub(crate) fn known(args: &PasswordArgs, environment: &Environment) -> Result<Password, CliError> {
    match given(args, environment)? {
        Some(password) => Ok(password),
        None => prompt("Password: "),
    }
}

/// A password for a new account: typed twice.
pub(crate) fn new(args: &PasswordArgs, environment: &Environment) -> Result<Password, CliError> {
    if let Some(password) = given(args, environment)? {
        return Ok(password);
    }
    let first = prompt_text("Choose a password: ")?;
    let second = prompt_text("Once more: ")?;
    if *first != *second {
        return Err(CliError::PasswordsDiffer);
    }
    Ok(Password::new(first.to_string())?)
}

/// A recovery key.
pub(crate) fn recovery_key(file: Option<&Path>) -> Result<RecoveryKey, CliError> {
    let text = match file {
        Some(path) => first_line_of(path)?,
        None => prompt_text("Recovery key: ")?,
    };
    Ok(text.parse::<RecoveryKey>()?)
}

/// A passphrase from the terminal, typed twice where a mistake would be found out too late.
pub(crate) fn passphrase(twice: bool) -> Result<Zeroizing<String>, CliError> {
    let first = prompt_text("Passphrase of the backup: ")?;
    if twice && *first != *prompt_text("Once more: ")? {
        return Err(CliError::PasswordsDiffer);
    }
    Ok(first)
}

fn given(args: &PasswordArgs, environment: &Environment) -> Result<Option<Password>, CliError> {
    if let Some(path) = &args.password_file {
        return first_line(path).map(Some);
    }
    environment
        .password
        .as_ref()
        .map(|password| Ok(Password::new(password.to_string())?))
        .transpose()
}

fn first_line(path: &Path) -> Result<Password, CliError> {
    Ok(Password::new(first_line_of(path)?.to_string())?)
}

/// The first line of a file.
pub(crate) fn first_line_of(path: &Path) -> Result<Zeroizing<String>, CliError> {
    let read = fs::read_to_string(path).map(Zeroizing::new);
    let text = read.map_err(|source| CliError::PasswordFile {
        path: path.to_path_buf(),
        source,
    })?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

fn prompt(words: &str) -> Result<Password, CliError> {
    Ok(Password::new(prompt_text(words)?.to_string())?)
}

/// On the terminal itself, so that standard input and output stay free.
fn prompt_text(words: &str) -> Result<Zeroizing<String>, CliError> {
    rpassword::prompt_password(words)
        .map(Zeroizing::new)
        .map_err(CliError::NoPassword)
}
