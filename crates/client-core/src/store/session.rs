//! Who this device is: its session, keys and tokens, and what the server says about itself. The
//! account module decides when they change.

use super::column::{Column, integer};
use super::contact::kind_text;
use super::{Store, StoreError};
use crate::json;
use rusqlite::params;
use std::fmt;
use undertone_wire::guest::UserKind;
use undertone_wire::server_info::ServerInfo;
use undertone_wire::{DeviceId, Timestamp, UserId, UserName};
use zeroize::Zeroizing;

const SERVER_INFO: &str = "server_info";
const GUEST_ENDED: &str = "guest_ended";

/// The one session of this device. `Debug` shows its ids only.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// Whose.
    pub user: UserId,
    /// The name as it was registered.
    pub name: UserName,
    /// This device.
    pub device: DeviceId,
    /// Whether the user administers the server.
    pub is_admin: bool,
    /// The user's Ed25519 identity key, public part.
    pub identity_key: [u8; 32],
    /// CBOR of this device's certificate.
    pub certificate: Vec<u8>,
    /// The device's Ed25519 secret, which is also its MLS signature key.
    pub device_key_seed: Zeroizing<[u8; 32]>,
    /// The newest JWT.
    pub access_token: Zeroizing<String>,
    /// When it ends.
    pub access_expires_at: Timestamp,
    /// The newest refresh token.
    pub refresh_token: Zeroizing<String>,
    /// Account or guest.
    pub kind: UserKind,
    /// Of a guest: when they end, as the server said last.
    pub stay_until: Option<Timestamp>,
    /// Of a guest: the user's Ed25519 identity secret.
    pub identity_seed: Option<Zeroizing<[u8; 32]>>,
    /// Of a guest who is becoming an account: the account's certificate.
    pub next_certificate: Option<Vec<u8>>,
    /// Whether the leaves of this device still have the certificate of before.
    pub renew_leaves: bool,
}

impl fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredSession({}, {})", self.user, self.device)
    }
}

/// What a refresh brings. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The newest JWT.
    pub access_token: Zeroizing<String>,
    /// When it ends.
    pub access_expires_at: Timestamp,
    /// The newest refresh token.
    pub refresh_token: Zeroizing<String>,
    /// Whether the user administers the server.
    pub is_admin: bool,
    /// Of a guest: when they end.
    pub stay_until: Option<Timestamp>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Store {
    /// The session, if someone is signed in.
    pub fn session(&self) -> Result<Option<StoredSession>, StoreError> {
        self.row(
            "SELECT user, name, device, is_admin, identity_key, certificate, device_key_seed, \
             access_token, access_expires_at, refresh_token, kind, stay_until, identity_seed, \
             next_certificate, renew_leaves FROM session",
            [],
            |row| {
                let column = Column {
                    row,
                    table: "session",
                };
                Ok(StoredSession {
                    user: column.user("user")?,
                    name: column.parsed("name")?,
                    device: column.device("device")?,
                    is_admin: column.get("is_admin")?,
                    identity_key: column.array("identity_key")?,
                    certificate: column.get("certificate")?,
                    device_key_seed: Zeroizing::new(column.array("device_key_seed")?),
                    access_token: Zeroizing::new(column.get("access_token")?),
                    access_expires_at: column.time("access_expires_at")?,
                    refresh_token: Zeroizing::new(column.get("refresh_token")?),
                    kind: column.user_kind("kind")?,
                    stay_until: column.optional_number("stay_until")?.map(Timestamp::from_millis),
                    identity_seed: column.optional_array("identity_seed")?.map(Zeroizing::new),
                    next_certificate: column.get("next_certificate")?,
                    renew_leaves: column.get("renew_leaves")?,
                })
            },
        )
    }

    /// Keeps a session in place of any other.
    pub fn save_session(&self, session: &StoredSession) -> Result<(), StoreError> {
        self.people_changed();
        self.checkpoints.alive()?;
        self.execute(
            "INSERT OR REPLACE INTO session (id, user, name, device, is_admin, identity_key, certificate, \
             device_key_seed, access_token, access_expires_at, refresh_token, kind, stay_until, \
             identity_seed, next_certificate, renew_leaves) \
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                session.user.as_bytes(),
                session.name.as_str(),
                session.device.as_bytes(),
                session.is_admin,
                session.identity_key,
                &session.certificate,
                session.device_key_seed.as_slice(),
                session.access_token.as_str(),
                integer(session.access_expires_at.as_millis()),
                session.refresh_token.as_str(),
                kind_text(session.kind),
                session.stay_until.map(|until| integer(until.as_millis())),
                session.identity_seed.as_ref().map(|seed| seed.as_slice()),
                session.next_certificate,
                session.renew_leaves,
            ],
        )?;
        Ok(())
    }

    /// Keeps what a refresh brought. To be called before the new tokens are used.
    pub fn save_tokens(&self, tokens: &Tokens) -> Result<(), StoreError> {
        self.checkpoints.alive()?;
        self.execute(
            "UPDATE session SET access_token = ?1, access_expires_at = ?2, refresh_token = ?3, is_admin = ?4, \
             stay_until = ?5",
            (
                tokens.access_token.as_str(),
                integer(tokens.access_expires_at.as_millis()),
                tokens.refresh_token.as_str(),
                tokens.is_admin,
                tokens.stay_until.map(|until| integer(until.as_millis())),
            ),
        )?;
        Ok(())
    }

    /// The leaves of this device have its present certificate, or will get it.
    pub fn leaves_renewed(&self) -> Result<(), StoreError> {
        self.execute("UPDATE session SET renew_leaves = 0", [])?;
        Ok(())
    }

    /// Whether the last who was signed in was a guest who has ended.
    pub fn guest_ended(&self) -> Result<bool, StoreError> {
        Ok(self.setting(GUEST_ENDED)?.is_some_and(|value| value == [1]))
    }

    /// Keeps whether the last who was signed in was a guest who has ended.
    pub fn set_guest_ended(&self, ended: bool) -> Result<(), StoreError> {
        self.set_setting(GUEST_ENDED, &[u8::from(ended)])
    }

    /// Deletes every row of every table but the description of the server: nobody is signed in, and
    /// nothing of them is left.
    pub fn wipe(&self) -> Result<(), StoreError> {
        self.people_changed();
        self.transaction(|| {
            self.execute("DELETE FROM outbox", [])?;
            self.execute("DELETE FROM message", [])?;
            self.execute("DELETE FROM conversation", [])?;
            self.execute("DELETE FROM contact", [])?;
            self.execute("DELETE FROM last_seen", [])?;
            self.execute("DELETE FROM profile", [])?;
            self.execute("DELETE FROM blocked", [])?;
            self.execute(
                "DELETE FROM setting WHERE name IN ('visibility', 'privacy', 'strangers', 'quiet_hours', \
                 'push_subscription')",
                [],
            )?;
            self.execute("DELETE FROM mls_state", [])?;
            self.execute("DELETE FROM session", [])?;
            Ok(())
        })
    }

    /// What the server said about itself when it was asked last.
    pub fn server_info(&self) -> Result<Option<ServerInfo>, StoreError> {
        let Some(bytes) = self.setting(SERVER_INFO)? else {
            return Ok(None);
        };
        let bad = |_| StoreError::BadRow {
            table: "setting",
            column: SERVER_INFO,
        };
        json::from_slice(&bytes).map(Some).map_err(bad)
    }

    /// Keeps what the server says about itself.
    pub fn save_server_info(&self, info: &ServerInfo) -> Result<(), StoreError> {
        let bad = |_| StoreError::BadRow {
            table: "setting",
            column: SERVER_INFO,
        };
        self.set_setting(SERVER_INFO, json::to_string(info).map_err(bad)?.as_bytes())
    }
}
