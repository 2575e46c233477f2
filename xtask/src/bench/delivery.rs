//! Delivery: the released server and the bare reference under load, by the `delivery` program of
//! `undertone-bench`, which starts both. Here they are built alike, and the wishes passed on.

use crate::process::Task;
use crate::project::Project;
use crate::run::Kind;
use crate::server;
use anyhow::{Context as _, Result, bail};

/// What of it is measured, and on what.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct DeliveryWish {
    /// `on` or `off`.
    pub(crate) tls: Option<String>,
    /// The address of a PostgreSQL server.
    pub(crate) database: Option<String>,
    /// The address of a NATS server.
    pub(crate) bus: Option<String>,
    /// Letters, such as `ABC`.
    pub(crate) scenarios: Option<String>,
    /// How often server and reference take turns.
    pub(crate) rounds: Option<String>,
}

impl DeliveryWish {
    /// Takes an option with its value; false if it is none of these.
    pub(crate) fn take(&mut self, option: &str, value: &str) -> bool {
        let place = match option {
            "--tls" => &mut self.tls,
            "--database" => &mut self.database,
            "--bus" => &mut self.bus,
            "--scenarios" => &mut self.scenarios,
            "--rounds" => &mut self.rounds,
            _ => return false,
        };
        *place = Some(value.to_owned());
        true
    }
}

/// Builds server and load, and returns the figures as JSON.
pub(super) fn measure(project: &Project, wish: &DeliveryWish, quick: bool) -> Result<String> {
    if std::env::consts::OS != "linux" {
        bail!("delivery is measured on Linux only: elsewhere nobody says what a process costs");
    }
    let kind = if quick { Kind::Quick } else { Kind::Released };
    // The load is built beside it.
    let server = server::build(project, kind)?.display().to_string();
    let load = project.target().join(kind.directory()).join("delivery");
    let mut task = Task::new(load).args(["--server", &server]);
    if quick {
        task = task.args(["--quick"]);
    }
    let options = [
        ("--tls", &wish.tls),
        ("--database", &wish.database),
        ("--bus", &wish.bus),
        ("--scenarios", &wish.scenarios),
        ("--rounds", &wish.rounds),
    ];
    for (option, value) in options {
        if let Some(value) = value {
            task = task.args([option, value]);
        }
    }
    task.listen().context("delivery was not measured")
}
