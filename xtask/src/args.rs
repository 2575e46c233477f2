//! What the user typed after `cargo xtask`, parsed. No work is done here.

use crate::bench::{DeliveryWish, SCENARIOS, Wish};
use crate::run::Kind;
use crate::services::Action;
use std::path::PathBuf;

/// What `cargo xtask` without a command prints.
pub(crate) const USAGE: &str = "\
cargo xtask COMMAND

  run [-- OPTIONS]        build everything, start Undertone and print the address to open;
                          OPTIONS go to `undertone serve`
  test                    build everything and run every test, the browser's included
  setup                   install what building and testing need
  build [--release]       build the WebAssembly modules, the web page and the server;
                          --release: the page as small and the server as quick as they are handed out
  tidy                    check the rules of ARCHITECTURE.md that a program can check
  lint                    format, tidy and clippy: run it before each commit
  ci                      format, lints, tidy and test: what the pipeline runs
  bench [groups|browser|live|search|delivery] [--quick] [--json FILE]
                          measure what groups cost and how the server bears many people;
                          --quick only tries whether it works
        delivery [--scenarios ABCDEF] [--tls on|off] [--rounds N]
            [--database postgres://…] [--bus nats://…]
                          how fast it delivers, beside a bare reference
  chaos [--seeds N] [--from S] [--database sqlite|postgres] [--check FILE]
                          people talk while everything goes wrong, once for each seed
  scale                   what so many users need, as docs/scaling.md has it
  services up|down|status throw-away PostgreSQL, NATS and S3 for tests
  mutants [-- OPTIONS]    change the security checks one by one: each change must break a test";

/// A command with its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Setup,
    Build(Kind),
    Run { server_args: Vec<String> },
    Test,
    Ci,
    Lint,
    Tidy,
    Bench(Wish),
    Services(Action),
    Chaos { more_args: Vec<String> },
    Scale,
    Mutants { more_args: Vec<String> },
}

/// Parses the words after `cargo xtask`; the error is a sentence for the user.
pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Command, String> {
    let words: Vec<String> = words.collect();
    let Some((name, rest)) = words.split_first() else {
        return Ok(Command::Help);
    };
    let command = match name.as_str() {
        "help" | "-h" | "--help" => Command::Help,
        "run" => {
            return Ok(Command::Run {
                server_args: after_dashes(rest)?,
            });
        }
        "mutants" => {
            return Ok(Command::Mutants {
                more_args: after_dashes(rest)?,
            });
        }
        "chaos" => {
            return Ok(Command::Chaos {
                more_args: rest.to_vec(),
            });
        }
        "services" => return services(rest),
        "build" if rest == ["--release"] => return Ok(Command::Build(Kind::Released)),
        "bench" => return bench(rest),
        "setup" => Command::Setup,
        "build" => Command::Build(Kind::Quick),
        "test" => Command::Test,
        "ci" => Command::Ci,
        "lint" => Command::Lint,
        "tidy" => Command::Tidy,
        "scale" => Command::Scale,
        other => return Err(format!("There is no command `{other}`.")),
    };
    match rest.first() {
        None => Ok(command),
        Some(extra) => Err(format!("`{name}` takes no `{extra}`.")),
    }
}

/// Options for another program: they stand after `--`, so that they cannot be taken for ours.
fn after_dashes(rest: &[String]) -> Result<Vec<String>, String> {
    match rest.split_first() {
        None => Ok(Vec::new()),
        Some((dashes, options)) if dashes == "--" => Ok(options.to_vec()),
        Some((extra, _)) => Err(format!("Put `--` before `{extra}`.")),
    }
}

/// Scenarios and options in any order; all scenarios if none is named.
fn bench(rest: &[String]) -> Result<Command, String> {
    let mut wish = Wish {
        scenarios: Vec::new(),
        quick: false,
        json: None,
        delivery: DeliveryWish::default(),
    };
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => wish.quick = true,
            "--json" => {
                let file = words.next().ok_or("`--json` needs the name of a file.")?;
                wish.json = Some(PathBuf::from(file));
            }
            option if option.starts_with("--") => {
                let value = words.next().map(String::as_str).unwrap_or_default();
                if value.is_empty() || !wish.delivery.take(option, value) {
                    return Err(format!("`bench` takes no `{option}`, or it needs a value."));
                }
            }
            name => {
                let scenario = SCENARIOS.into_iter().find(|scenario| scenario.name() == name);
                wish.scenarios
                    .push(scenario.ok_or_else(|| format!("`bench` takes no `{name}`."))?);
            }
        }
    }
    if wish.scenarios.is_empty() {
        wish.scenarios = SCENARIOS.to_vec();
    }
    Ok(Command::Bench(wish))
}

fn services(rest: &[String]) -> Result<Command, String> {
    let action = match rest {
        [word] if word == "up" => Action::Up,
        [word] if word == "down" => Action::Down,
        [word] if word == "status" => Action::Status,
        _ => return Err("`services` takes one of: up, down, status.".to_owned()),
    };
    Ok(Command::Services(action))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn what_is_released_is_built_on_request() {
        assert_eq!(parse_line("build"), Ok(Command::Build(Kind::Quick)));
        assert_eq!(parse_line("build --release"), Ok(Command::Build(Kind::Released)));
        assert!(parse_line("build --fast").is_err());
    }

    #[test]
    fn nothing_and_help_show_the_usage() {
        assert_eq!(parse_line(""), Ok(Command::Help));
        assert_eq!(parse_line("--help"), Ok(Command::Help));
    }

    #[test]
    fn what_stands_after_the_dashes_goes_to_the_server() {
        let command = parse_line("run -- --listen 0.0.0.0:8443");
        let server_args = vec!["--listen".to_owned(), "0.0.0.0:8443".to_owned()];
        assert_eq!(command, Ok(Command::Run { server_args }));
    }

    #[test]
    fn a_forgotten_pair_of_dashes_is_named() {
        assert_eq!(
            parse_line("run --json"),
            Err("Put `--` before `--json`.".to_owned())
        );
    }

    #[test]
    fn everything_is_measured_unless_something_is_named() {
        let wish = |line: &str| match parse_line(line) {
            Ok(Command::Bench(wish)) => wish,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(wish("bench").scenarios, SCENARIOS);
        let some = wish("bench live --json a.json --quick");
        assert_eq!(some.scenarios.len(), 1);
        assert!(some.quick && some.json == Some(PathBuf::from("a.json")));
        assert!(!wish("bench").quick);
        let delivery = wish("bench delivery --scenarios AB --tls on").delivery;
        assert_eq!(delivery.scenarios.as_deref(), Some("AB"));
        assert_eq!(delivery.tls.as_deref(), Some("on"));
    }

    #[test]
    fn unknown_words_are_refused() {
        for line in [
            "bake",
            "tidy up",
            "services",
            "services sideways",
            "services up down",
            "bench everything",
            "bench --json",
            "bench --tls",
            "bench --nothing x",
        ] {
            assert!(parse_line(line).is_err(), "{line}");
        }
    }

    #[test]
    fn every_command_of_the_usage_is_parsed() {
        for name in [
            "run",
            "test",
            "setup",
            "build",
            "lint",
            "tidy",
            "ci",
            "services up",
            "mutants",
            "bench",
            "chaos --seeds 3",
            "scale",
        ] {
            assert!(parse_line(name).is_ok(), "{name}");
        }
    }
}
