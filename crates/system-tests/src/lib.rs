//! A real server and real clients in one process, with a fault proxy between them; the tests in
//! `tests/` read as stories. Nothing of it ships.

mod actor;
mod gathering;
mod hostile;
mod nodes;
mod proxy;
mod service;
mod talking;
mod world;

pub use actor::{Actor, Line};
pub use gathering::{all_are_together, code};
pub use hostile::{Entering, Hostile};
pub use nodes::{Nodes, NodesStory, story_of_nodes};
pub use proxy::{FaultProxy, Faults, Happened};
pub use service::{Balancer, Nats};
pub use undertone_mls::rogue::Spoil;
pub use world::{Database, PASSWORD, Story, World, story};

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
