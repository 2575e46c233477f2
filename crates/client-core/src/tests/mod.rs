//! Stories of whole clients against a server in memory, in virtual time: what two people see when
//! everything works, when frames get lost, when a client is killed, and when the server lies.

mod blobs;
mod crashes;
mod faults;
mod files;
mod groups;
mod impostors;
mod ledger;
mod lies;
mod network;
mod notify;
mod pace;
mod people;
mod platform;
mod presence;
mod rejoin;
mod rollback;
mod rooms;
mod search;
mod server;
mod stories;
mod talk;
mod timeline;
mod timers;
mod undo;
mod world;
