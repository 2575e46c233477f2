-- The first tables: keys of groups, who we are, whom we know, what was said and what is still to be sent.

-- State of OpenMLS, written by the mls crate through its key-value trait.
CREATE TABLE mls_state (
    key BLOB PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Small things by name: the server's description, the format of mls_state.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- The one session of this device.
CREATE TABLE session (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    user BLOB NOT NULL CHECK (length(user) = 16),
    name TEXT NOT NULL,
    device BLOB NOT NULL CHECK (length(device) = 16),
    is_admin INTEGER NOT NULL CHECK (is_admin IN (0, 1)),
    identity_key BLOB NOT NULL CHECK (length(identity_key) = 32),
    certificate BLOB NOT NULL,
    device_key_seed BLOB NOT NULL CHECK (length(device_key_seed) = 32),
    access_token TEXT NOT NULL,
    access_expires_at INTEGER NOT NULL,
    refresh_token TEXT NOT NULL
);

-- Whom we know, with the identity key that was pinned at first contact.
CREATE TABLE contact (
    user BLOB PRIMARY KEY CHECK (length(user) = 16),
    name TEXT NOT NULL,
    identity_key BLOB NOT NULL CHECK (length(identity_key) = 32),
    pinned_at INTEGER NOT NULL,
    -- 1 once a certificate by another identity key was shown to us and refused
    key_changed INTEGER NOT NULL DEFAULT 0 CHECK (key_changed IN (0, 1))
) WITHOUT ROWID;

CREATE TABLE conversation (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('direct')),
    peer BLOB NOT NULL CHECK (length(peer) = 16),
    state TEXT NOT NULL CHECK (state IN ('creating', 'active', 'blocked')),
    -- the last entry of the log that was processed
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    -- the running hash there; empty where it is not known
    running_hash BLOB NOT NULL CHECK (length(running_hash) IN (0, 32)),
    -- the last counter of this device that the server has stored
    own_counter INTEGER NOT NULL CHECK (own_counter >= 0),
    read_sequence INTEGER NOT NULL CHECK (read_sequence >= 0),
    begun_at INTEGER NOT NULL,
    -- while 'creating': what is sent to the server, again and again until it answers
    creation BLOB
);
CREATE INDEX conversation_peer ON conversation (peer);

-- Running hashes of the present epoch, to be compared with what others have seen.
CREATE TABLE history (
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    running_hash BLOB NOT NULL CHECK (length(running_hash) = 32),
    PRIMARY KEY (conversation, sequence)
) WITHOUT ROWID;

-- The last counter of every other device.
CREATE TABLE peer_counter (
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    device BLOB NOT NULL CHECK (length(device) = 16),
    counter INTEGER NOT NULL,
    PRIMARY KEY (conversation, device)
) WITHOUT ROWID;

-- An own commit that waits for its echo.
CREATE TABLE own_commit (
    conversation BLOB PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    payload_hash BLOB NOT NULL CHECK (length(payload_hash) = 32),
    bundle BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE notice (
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('history_mismatch', 'lost_messages', 'key_changed')),
    -- after which entry of the log it was noticed first
    sequence INTEGER NOT NULL,
    noticed_at INTEGER NOT NULL,
    PRIMARY KEY (conversation, kind)
) WITHOUT ROWID;

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE CHECK (length(key) = 16),
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    -- the salted hash of the content; the same on all devices
    message BLOB NOT NULL CHECK (length(message) = 32),
    -- its place by the log itself: no two messages have the same
    sequence INTEGER,
    -- where it stands in the timeline: its place, of an own message first by the server's word, or the
    -- end of the range while it has none
    position INTEGER NOT NULL,
    sender BLOB NOT NULL CHECK (length(sender) = 16),
    sender_device BLOB NOT NULL CHECK (length(sender_device) = 16),
    own INTEGER NOT NULL CHECK (own IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('sending', 'sent', 'failed')),
    failure_code TEXT,
    failure_message TEXT,
    -- milliseconds since 1970: the server's time once it is known
    sent_at INTEGER NOT NULL,
    text TEXT NOT NULL,
    -- CBOR of the content, and the server's MAC over its franking tag: what a report would need
    content BLOB NOT NULL,
    franking_mac BLOB NOT NULL,
    -- of an own message: SHA-256 of the ciphertext of the last attempt
    payload_hash BLOB CHECK (length(payload_hash) = 32),
    UNIQUE (conversation, sequence),
    UNIQUE (conversation, message)
);
CREATE INDEX message_id ON message (message);
CREATE INDEX message_timeline ON message (conversation, position, id);

-- Own messages that the server has not yet confirmed, in the order of their ids.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    -- the present attempt; all empty before the first
    epoch INTEGER,
    counter INTEGER,
    payload BLOB,
    CHECK ((epoch IS NULL) = (counter IS NULL) AND (counter IS NULL) = (payload IS NULL))
);
CREATE INDEX outbox_conversation ON outbox (conversation, id);

CREATE VIRTUAL TABLE message_fts USING fts5 (
    text, content = 'message', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
INSERT INTO message_fts (message_fts, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER message_inserted AFTER INSERT ON message BEGIN
    INSERT INTO message_fts (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER message_deleted AFTER DELETE ON message BEGIN
    INSERT INTO message_fts (message_fts, rowid, text) VALUES ('delete', old.id, old.text);
END;
