//! Stories of whole clients against a server in memory, in virtual time: what two people see when
//! everything works, when frames get lost, when a client is killed, and when the server lies.

mod crashes;
mod faults;
mod groups;
mod impostors;
mod ledger;
mod lies;
mod network;
mod platform;
mod presence;
mod rejoin;
mod rooms;
mod server;
mod stories;
mod timeline;
mod timers;
mod world;
