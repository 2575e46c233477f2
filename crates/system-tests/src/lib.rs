//! A real server and real clients in one process, with a fault proxy between them; the tests in
//! `tests/` read as stories. Nothing of it ships.

mod actor;
mod chaos;
mod chatter;
mod date;
mod disk;
mod gathering;
mod history;
mod hostile;
mod machine;
mod made_file;
mod network;
mod nodes;
mod postgres;
mod proxy;
mod service;
mod talking;
mod test_database;
mod traffic;
mod world;

pub use actor::{Actor, Line};
pub use chaos::{Chaos, Outcome};
pub use chatter::Chatter;
pub use disk::{BrokenSync, SmallDisk};
pub use gathering::{all_are_together, code};
pub use history::{Flaw, History, Shown, Written};
pub use hostile::{Entering, Hostile};
pub use machine::{HARBOUR, Machine, Machines, MachinesStory, story_of_machines};
pub use made_file::{MEGABYTE, made_file, made_hash};
pub use network::Network;
pub use nodes::{Nodes, NodesStory, story_of_nodes, story_of_nodes_on_s3};
pub use postgres::Postgres;
pub use proxy::{FaultProxy, Faults, Happened};
pub use service::{Balancer, Nats};
pub use traffic::{Counted, Traffic};
pub use undertone_mls::rogue::Spoil;
pub use world::{Database, PASSWORD, Setting, Story, World, in_one_thread, story, story_in};

/// Tells each story on SQLite and on PostgreSQL: `fn name(world) { … }` becomes two tests.
#[macro_export]
macro_rules! stories {
    ($($(#[$doc:meta])* async fn $name:ident($world:ident: &World) -> Result<()> $body:block)*) => {$(
        $(#[$doc])*
        async fn $name($world: &World) -> Result<()> $body
    )*
        mod on_sqlite {
            $(#[test] fn $name() -> anyhow::Result<()> {
                $crate::story($crate::Database::Sqlite, super::$name)
            })*
        }
        mod on_postgres {
            $(#[test] fn $name() -> anyhow::Result<()> {
                $crate::story($crate::Database::Postgres, super::$name)
            })*
        }
    };
}
