//! Plain data for screens, terminals and scripts, and how it is read from the store. A view is a
//! snapshot: it changes only by being read again.

mod connection;
mod conversation;
mod event;
mod identity;
mod member;
mod message;
mod person;
mod room;
mod session;

pub use connection::{ConnectionState, ConnectionView};
pub use conversation::{ConversationStateView, ConversationView, MayView, NoticeView, RoomView};
pub use event::{EventKind, EventPersonView, EventView};
pub use identity::IdentityLook;
pub use member::{KnockView, MemberView};
pub use message::{FailureView, MessageStateView, MessageView, TimelineQuery, TimelineView};
pub use person::{DeviceView, PeopleView, PersonView, PresenceView};
pub use room::{JoinedView, RoomDoorView, RoomLinkView, RoomOptions, StatePatch, TermsPatch};
pub use session::{RegisteredView, SessionView};

pub(crate) use connection::connection;
pub(crate) use conversation::conversations;
pub(crate) use member::members;
pub(crate) use message::{message, search, timeline};
pub(crate) use person::{contacts, devices, people};
pub(crate) use session::session;
