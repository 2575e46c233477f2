//! The `undertone` binary: the server and the scriptable client. It only parses, chooses a runtime and
//! turns errors into exit codes; what a verb does is in `command/`.

mod args;
mod command;
mod environment;
mod error;
mod output;
mod password;
mod private_file;
mod profile;

use args::{Cli, ClientCommand, Command};
use clap::Parser;
use clap::error::ErrorKind;
use environment::Environment;
use error::{CliError, EXIT_USAGE};
use output::{Form, Output};
use std::io;
use std::process::ExitCode;
use tokio::runtime;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    // Both sides use the one provider in the build; a second installation is no harm.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    match cli.command {
        Command::Serve(args) => {
            let form = form_of(args.json);
            let mut output = Output::stdout(form);
            finish(form, on_many_threads(command::serve::run(*args, &mut output)))
        }
        Command::Trust(args) => {
            let form = form_of(args.json);
            finish(form, command::trust::run(&args, &mut Output::stdout(form)))
        }
        Command::Backup(args) => {
            let form = form_of(args.is_json());
            let mut output = Output::stdout(form);
            finish(form, on_many_threads(command::backup::take(args, &mut output)))
        }
        Command::Restore(args) => {
            let form = form_of(args.is_json());
            let mut output = Output::stdout(form);
            finish(form, on_many_threads(command::backup::restore(args, &mut output)))
        }
        Command::Admin(command) => {
            let form = form_of(command.is_json());
            let mut output = Output::stdout(form);
            finish(form, on_many_threads(command::admin::run(command, &mut output)))
        }
        Command::Client(command) => {
            let form = form_of(command.profile().json);
            finish(form, client(command, Output::stdout(form)))
        }
    }
}

const fn form_of(json: bool) -> Form {
    if json { Form::Json } else { Form::Human }
}

/// What the server's machine does: the server, and what looks after its data.
fn on_many_threads(work: impl Future<Output = Result<(), CliError>>) -> Result<(), CliError> {
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(boxed)?;
    runtime.block_on(work)
}

/// The client lives on one thread.
fn client(command: ClientCommand, output: Output) -> Result<(), CliError> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(boxed)?;
    // Inside, so that tasks which are cut off at the end still find the runtime to let go of connections.
    runtime.block_on(async {
        let tasks = tokio::task::LocalSet::new();
        tasks
            .run_until(command::run(command, Environment::read(), output))
            .await
    })
}

fn finish(form: Form, result: Result<(), CliError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has had enough, as `head` does.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            output::print_failure(form, error.code(), &output::describe(&error));
            error.exit_code()
        }
    }
}

/// Help and version are no failures; all else is told in the form that was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let json = std::env::args_os().any(|argument| argument == "--json");
    if asked || !json {
        drop(error.print());
    } else {
        let text = error.render().to_string();
        let message = text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        output::print_failure(Form::Json, "usage", message);
    }
    if asked {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EXIT_USAGE)
    }
}

fn boxed(error: io::Error) -> CliError {
    CliError::Other(error.into())
}
