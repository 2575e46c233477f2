//! Plain data for screens, terminals and scripts, and how it is read from the store. A view is a
//! snapshot: it changes only by being read again.

mod connection;
mod conversation;
mod identity;
mod message;
mod person;
mod session;

pub use connection::{ConnectionState, ConnectionView};
pub use conversation::{ConversationView, NoticeView};
pub use identity::IdentityLook;
pub use message::{FailureView, MessageStateView, MessageView, TimelineQuery, TimelineView};
pub use person::{DeviceView, PeopleView, PersonView};
pub use session::{RegisteredView, SessionView};

pub(crate) use connection::connection;
pub(crate) use conversation::conversations;
pub(crate) use message::{message, search, timeline};
pub(crate) use person::{contacts, devices, people};
pub(crate) use session::session;
