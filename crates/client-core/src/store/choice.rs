//! What the user chose: whom they do not want to hear, what they make of requests, what is announced
//! where and when. It never leaves this device; what follows from it is decided in `people` and `notify`.

use super::column::{Column, integer};
use super::{Store, StoreError};
use crate::view::{NotifyLevel, QuietHoursView, Strangers};
use serde::Serialize;
use serde::de::DeserializeOwned;
use undertone_wire::push::PushSubscription;
use undertone_wire::{ConversationId, Timestamp, UserId, codec};

const STRANGERS: &str = "strangers";
const QUIET_HOURS: &str = "quiet_hours";
const PUSH: &str = "push_subscription";

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// The user has not answered.
    Asked,
    /// The user does not want it.
    Ignored,
}

/// What the user chose for a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Missing once it was accepted, and where it never was one.
    pub(crate) request: Option<Request>,
    /// Missing for the default.
    pub(crate) level: Option<NotifyLevel>,
    /// By the server's clock.
    pub(crate) muted_until: Option<Timestamp>,
    pub(crate) archived: bool,
}

impl Store {
    /// Whether the user does not want to hear somebody.
    pub(crate) fn is_blocked(&self, user: UserId) -> Result<bool, StoreError> {
        let found = self.row(
            "SELECT user FROM blocked WHERE user = ?1",
            [user.as_bytes()],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    /// Whom the user does not want to hear.
    pub(crate) fn blocked(&self) -> Result<Vec<UserId>, StoreError> {
        self.rows("SELECT user FROM blocked ORDER BY user", [], |row| {
            Column {
                row,
                table: "blocked",
            }
            .user("user")
        })
    }

    /// Keeps whether the user wants to hear somebody; gives whether that is news.
    pub(crate) fn set_blocked(&self, user: UserId, on: bool) -> Result<bool, StoreError> {
        let changed = if on {
            self.execute(
                "INSERT OR IGNORE INTO blocked (user) VALUES (?1)",
                [user.as_bytes()],
            )?
        } else {
            self.execute("DELETE FROM blocked WHERE user = ?1", [user.as_bytes()])?
        };
        self.people_changed();
        Ok(changed > 0)
    }

    /// What the user chose for a conversation.
    pub(crate) fn choice(&self, id: ConversationId) -> Result<Choice, StoreError> {
        let kept = self.row(
            "SELECT request, level, muted_until, archived FROM choice WHERE conversation = ?1",
            [id.as_bytes()],
            |row| {
                let column = Column { row, table: "choice" };
                let (request, level): (Option<String>, Option<String>) =
                    (column.get("request")?, column.get("level")?);
                Ok(Choice {
                    request: match request.as_deref() {
                        None => None,
                        Some("asked") => Some(Request::Asked),
                        Some("ignored") => Some(Request::Ignored),
                        Some(_) => return Err(column.bad("request")),
                    },
                    level: match level.as_deref() {
                        None => None,
                        Some("all") => Some(NotifyLevel::All),
                        Some("mentions") => Some(NotifyLevel::Mentions),
                        Some("nothing") => Some(NotifyLevel::Nothing),
                        Some(_) => return Err(column.bad("level")),
                    },
                    muted_until: column.optional_number("muted_until")?.map(Timestamp::from_millis),
                    archived: column.get("archived")?,
                })
            },
        )?;
        Ok(kept.unwrap_or_default())
    }

    /// Keeps what the user chose for a conversation.
    pub(crate) fn save_choice(&self, id: ConversationId, choice: Choice) -> Result<(), StoreError> {
        let request = choice.request.map(|request| match request {
            Request::Asked => "asked",
            Request::Ignored => "ignored",
        });
        let level = choice.level.map(|level| match level {
            NotifyLevel::All => "all",
            NotifyLevel::Mentions => "mentions",
            NotifyLevel::Nothing => "nothing",
        });
        self.execute(
            "INSERT OR REPLACE INTO choice (conversation, request, level, muted_until, archived) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                id.as_bytes(),
                request,
                level,
                choice.muted_until.map(|until| integer(until.as_millis())),
                choice.archived,
            ),
        )?;
        Ok(())
    }

    /// What happens when strangers write.
    pub(crate) fn strangers(&self) -> Result<Strangers, StoreError> {
        Ok(self.encoded(STRANGERS)?.unwrap_or_default())
    }

    /// Keeps what happens when strangers write.
    pub(crate) fn save_strangers(&self, strangers: Strangers) -> Result<(), StoreError> {
        self.save_encoded(STRANGERS, Some(&strangers))
    }

    /// When nothing is announced.
    pub(crate) fn quiet_hours(&self) -> Result<Option<QuietHoursView>, StoreError> {
        self.encoded(QUIET_HOURS)
    }

    /// Keeps when nothing is announced.
    pub(crate) fn save_quiet_hours(&self, hours: Option<QuietHoursView>) -> Result<(), StoreError> {
        self.save_encoded(QUIET_HOURS, hours.as_ref())
    }

    /// Where and how this device is woken.
    pub(crate) fn push_subscription(&self) -> Result<Option<PushSubscription>, StoreError> {
        self.encoded(PUSH)
    }

    /// Keeps where and how this device is woken.
    pub(crate) fn save_push_subscription(&self, to: Option<&PushSubscription>) -> Result<(), StoreError> {
        self.save_encoded(PUSH, to)
    }

    fn encoded<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, StoreError> {
        let bad = |_| StoreError::BadRow {
            table: "setting",
            column: name,
        };
        match self.setting(name)? {
            Some(bytes) => codec::from_cbor(&bytes).map_err(bad),
            None => Ok(None),
        }
    }

    fn save_encoded<T: Serialize>(&self, name: &'static str, value: Option<&T>) -> Result<(), StoreError> {
        let bad = |_| StoreError::BadRow {
            table: "setting",
            column: name,
        };
        self.set_setting(name, &codec::to_cbor(&value).map_err(bad)?)
    }
}
