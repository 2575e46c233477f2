//! Every limit of the protocol, in one place. The server refuses what is beyond them; clients check
//! before they send.

use std::time::Duration;

/// Shortest user name, in characters.
pub const USER_NAME_CHARS_MIN: usize = 2;
/// Longest user name, in characters.
pub const USER_NAME_CHARS_MAX: usize = 32;
/// Longest name of a server, in bytes of UTF-8.
pub const SERVER_NAME_BYTES_MAX: usize = 64;

/// Largest HTTP request body, in bytes.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Largest WebSocket frame from a client, in bytes.
pub const FRAME_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Largest WebSocket frame from the server, in bytes: a Welcome and the ratchet tree of a full group.
pub const SERVER_FRAME_BYTES_MAX: usize = WELCOME_BYTES_MAX + RATCHET_TREE_BYTES_MAX + 64 * 1024;
/// Largest encrypted application message, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 128 * 1024;
/// Longest text of one message, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Largest commit, in bytes: a full tree of 1,000 members in the hybrid suite.
pub const COMMIT_BYTES_MAX: usize = 1536 * 1024;
/// Largest proposal, in bytes.
pub const PROPOSAL_BYTES_MAX: usize = 4 * 1024;
/// Largest Welcome for all who are added by one commit, in bytes.
pub const WELCOME_BYTES_MAX: usize = 1536 * 1024;
/// Largest GroupInfo without ratchet tree, in bytes.
pub const GROUP_INFO_BYTES_MAX: usize = 64 * 1024;
/// Largest ratchet tree, in bytes.
pub const RATCHET_TREE_BYTES_MAX: usize = 3 * 1024 * 1024;

/// Largest key package, in bytes.
pub const KEY_PACKAGE_BYTES_MAX: usize = 8 * 1024;
/// Single-use key packages that a device keeps on the server.
pub const KEY_PACKAGES_WANTED: usize = 100;
/// A device uploads more when fewer than this are left.
pub const KEY_PACKAGES_LOW: usize = 50;
/// Most key packages in one upload.
pub const KEY_PACKAGES_PER_UPLOAD_MAX: usize = 100;

/// Most devices of one user.
pub const DEVICES_PER_USER_MAX: usize = 16;
/// Most leaves of a group.
pub const MEMBERS_MAX: usize = 1000;
/// People that a new group or room takes, unless its founder says otherwise.
pub const CAPACITY_DEFAULT: u32 = 300;
/// Most people who are remembered as banned from a group.
pub const BANNED_MAX: usize = 500;
/// Longest slow mode, in seconds.
pub const SLOW_MODE_SECONDS_MAX: u32 = 3600;
/// Shortest retention and timer, in seconds.
pub const EXPIRY_SECONDS_MIN: u32 = 5;
/// Longest title of a conversation, in bytes of UTF-8.
pub const TITLE_BYTES_MAX: usize = 128;
/// Longest topic of a conversation, in bytes of UTF-8.
pub const TOPIC_BYTES_MAX: usize = 512;
/// Largest picture of a conversation, in bytes.
pub const PICTURE_BYTES_MAX: usize = 32 * 1024;
/// Longest side of a picture of a profile, in pixels.
pub const PICTURE_SIDE_MAX: u32 = 1024;
/// Most files of one message.
pub const FILES_PER_MESSAGE_MAX: usize = 10;
/// Longest name of a file, in bytes of UTF-8.
pub const FILE_NAME_BYTES_MAX: usize = 255;
/// Longest media type of a file, in bytes.
pub const MEDIA_TYPE_BYTES_MAX: usize = 127;
/// Largest thumbnail, in bytes.
pub const THUMBNAIL_BYTES_MAX: usize = 12 * 1024;
/// Largest file, in bytes, unless the server says less.
pub const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Bytes of a file that are sealed together (STREAM).
pub const SEGMENT_BYTES: usize = 64 * 1024;
/// Most bytes of a blob in one request.
pub const BLOB_PIECE_BYTES_MAX: usize = 1024 * 1024;
/// Longest emoji, in bytes of UTF-8: a family of four with skin tones.
pub const EMOJI_BYTES_MAX: usize = 48;
/// Different emoji at one message.
pub const REACTIONS_PER_MESSAGE_MAX: usize = 20;
/// Most messages that are pinned in one conversation.
pub const PINS_MAX: usize = 50;
/// Longest display name, in bytes of UTF-8.
pub const DISPLAY_NAME_BYTES_MAX: usize = 96;
/// Longest status of a profile, in bytes of UTF-8.
pub const STATUS_BYTES_MAX: usize = 280;
/// Longest pronouns of a profile, in bytes of UTF-8.
pub const PRONOUNS_BYTES_MAX: usize = 48;
/// Longest address of a push service, in bytes.
pub const PUSH_ENDPOINT_BYTES_MAX: usize = 2048;
/// Conversations by which one device is woken.
pub const PUSH_CONVERSATIONS_MAX: usize = 500;
/// Conversations that one device hides the user's presence from.
pub const HIDDEN_CONVERSATIONS_MAX: usize = 500;
/// Largest sealed state of a room, in bytes.
pub const SEALED_STATE_BYTES_MAX: usize = 40 * 1024;
/// Most earlier messages that those who join get.
pub const HISTORY_MESSAGES_MAX: u16 = 100;
/// Devices that may wait at the door of a room.
pub const KNOCKS_MAX: usize = 100;
/// Every signal has this many bytes, padding included.
pub const SIGNAL_BYTES: usize = 104;
/// Signals are for conversations of at most so many people.
pub const SIGNAL_PEOPLE_MAX: usize = 50;
/// Writing is shown this long after it was signalled.
pub const TYPING_LIFE: Duration = Duration::from_secs(6);
/// Random bytes of a room's secret: 120 bits.
pub const ROOM_SECRET_BYTES: usize = 15;
/// Most log entries in one answer.
pub const LOG_PAGE_MAX: u32 = 200;
/// Most people in one answer of the people list.
pub const PEOPLE_PAGE_MAX: u32 = 100;
/// Largest sealed vault, in bytes.
pub const VAULT_BYTES_MAX: usize = 256 * 1024;
/// Largest device certificate, in bytes.
pub const CERTIFICATE_BYTES_MAX: usize = 1024;

/// An access token lives this long.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::from_mins(10);
/// A refresh token that was not used for this long is forgotten.
pub const REFRESH_TOKEN_LIFE: Duration = Duration::from_hours(60 * 24);
/// Between two OPAQUE requests of one login.
pub const LOGIN_LIFE: Duration = Duration::from_mins(1);
/// An upload that is not complete after this is deleted.
pub const BLOB_UNFINISHED_LIFE: Duration = Duration::from_hours(24);
/// Undelivered entries are deleted after this, whatever a conversation says.
pub const RETENTION_CEILING: Duration = Duration::from_hours(30 * 24);

/// The server ends an HTTP connection on which no request comes for so long. Clients give theirs up after half of it:
/// a request must not meet that end on its way.
pub const HTTP_IDLE_MAX: Duration = Duration::from_secs(10);

/// A client pings this often.
pub const PING_EVERY: Duration = Duration::from_secs(8);
/// A connection on which nothing was heard for this long is dead, for both sides.
pub const PING_DEADLINE: Duration = Duration::from_secs(20);
/// The first WebSocket frame must arrive within this.
pub const AUTHENTICATE_DEADLINE: Duration = Duration::from_secs(10);
