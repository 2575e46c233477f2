//! Plain data for screens, terminals and scripts, and how it is read from the store. A view is a
//! snapshot: it changes only by being read again.

mod connection;
mod conversation;
mod event;
pub(crate) mod file;
mod identity;
mod intent;
mod member;
mod message;
mod notify;
mod person;
mod profile;
mod room;
mod session;
mod talk;
mod timeline;

pub use connection::{ConnectionState, ConnectionView};
pub use conversation::{ConversationStateView, ConversationView, MayView, NoticeView, RoomView};
pub use event::{EventKind, EventPersonView, EventView};
pub use file::{FileKind, FileView, GalleryView, TransferView};
pub use identity::IdentityLook;
pub use intent::{Intent, IntentNumber, IntentView};
pub use member::{BannedView, KnockView, MemberView};
pub use message::{FailureView, MessageStateView, MessageView};
pub use notify::{BadgeView, NotificationView, NotifyLevel, NotifyView, PushInfoView, QuietHoursView};
pub use person::{DeviceView, PeopleView, PersonView, PresenceView};
pub use profile::{PersonProfileView, ProfileInput, ProfileView, Strangers};
pub use room::{JoinedView, RoomDoorView, RoomLinkView, RoomOptions, StatePatch, TermsPatch};
pub use session::{RegisteredView, SessionView};
pub use talk::{EditView, MentionView, MessageMayView, PrivacyView, ReactionView, ReaderView, ReplyView};
pub use timeline::{TimelineQuery, TimelineView};

pub(crate) use connection::connection;
pub(crate) use conversation::{conversations, title};
pub(crate) use file::pictures;
pub(crate) use member::{banned, members};
pub(crate) use message::{announced, message, messages};
pub(crate) use person::{contacts, devices, people};
pub(crate) use session::session;
pub(crate) use timeline::{edits, pinned, readers, starred, timeline};
