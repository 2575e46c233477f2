//! Developer commands: set-up, build, run, test and checks, each in one file.
//! Nothing here is part of the product, and nothing here knows what a message is.

mod args;
mod bench;
mod chaos;
mod check;
mod ci;
mod environment;
mod files;
mod machine;
mod mutants;
mod process;
mod project;
mod run;
mod scale;
mod screen;
mod server;
mod services;
mod setup;
mod stamp;
mod test;
mod tidy;
mod wasm;
mod web;

use anyhow::Result;
use args::Command;
use project::Project;
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = match args::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(mistake) => {
            screen::say(&format!("{mistake}\n\n{}", args::USAGE));
            return ExitCode::from(2);
        }
    };
    match carry_out(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            screen::fail(&error);
            ExitCode::FAILURE
        }
    }
}

fn carry_out(command: Command) -> Result<()> {
    if command == Command::Help {
        screen::say(args::USAGE);
        return Ok(());
    }
    let project = Project::open()?;
    match command {
        Command::Help => Ok(()),
        Command::Setup => setup::everything(&project).map(drop),
        Command::Run { server_args } => run::run(&project, &server_args),
        Command::Build(kind) => run::build(&project, kind).map(drop),
        Command::Test => test::test(&project),
        Command::Ci => ci::ci(&project),
        Command::Lint => ci::lint(&project),
        Command::Tidy => tidy::tidy(&project),
        Command::Bench(wish) => bench::bench(&project, &wish),
        Command::Services(action) => services::carry_out(&project, action),
        Command::Chaos { more_args } => chaos::chaos(&project, &more_args),
        Command::Scale => {
            scale::scale();
            Ok(())
        }
        Command::Mutants { more_args } => mutants::mutants(&project, &more_args),
    }
}
