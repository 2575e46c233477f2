-- Rows of the timeline that are no messages, messages that vanish, what members agree on, earlier
-- messages for those who join, and when people were seen last.

-- CBOR of what happened, of a row that is no message.
ALTER TABLE message ADD COLUMN event BLOB;
-- 1 for an own part that nobody is shown; the row goes with its echo.
ALTER TABLE message ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1));
-- Of a message from before this device came: who shared it, and the writer's name by their word.
ALTER TABLE message ADD COLUMN shared_by BLOB CHECK (length(shared_by) = 16);
ALTER TABLE message ADD COLUMN shared_name TEXT;
-- The timer with which it was sent, and when it ends by the server's clock, once that is known.
ALTER TABLE message ADD COLUMN timer_seconds INTEGER CHECK (timer_seconds > 0);
ALTER TABLE message ADD COLUMN timer_from TEXT CHECK (timer_from IN ('sent', 'read'));
ALTER TABLE message ADD COLUMN expires_at INTEGER;
CREATE INDEX message_expires ON message (expires_at) WHERE expires_at IS NOT NULL;

-- Own messages that ended before they came back through the log: SHA-256 of the ciphertext, by which
-- they are known when they do.
CREATE TABLE ended_echo (
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    payload_hash BLOB NOT NULL CHECK (length(payload_hash) = 32),
    PRIMARY KEY (conversation, payload_hash)
) WITHOUT ROWID;

-- CBOR of what members agree on and the server does not know.
CREATE TABLE agreed_state (
    conversation BLOB PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
    state BLOB NOT NULL
) WITHOUT ROWID;

-- By which commit this device came, and who shared what was said before.
CREATE TABLE arrival (
    conversation BLOB PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    shared_by BLOB CHECK (length(shared_by) = 16)
) WITHOUT ROWID;

-- Commits for whose newcomers somebody is to share what was said before.
CREATE TABLE share_wanted (
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    -- this device's place among those who may: the first waits least
    place INTEGER NOT NULL,
    PRIMARY KEY (conversation, sequence)
) WITHOUT ROWID;

CREATE TABLE last_seen (
    user BLOB PRIMARY KEY CHECK (length(user) = 16),
    seen_at INTEGER NOT NULL
) WITHOUT ROWID;
