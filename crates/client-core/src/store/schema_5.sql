-- Talk: what replies, edits, reactions, pins, stars, drafts and receipts need.

-- The id of the message that this one answers.
ALTER TABLE message ADD COLUMN reply_to BLOB CHECK (length(reply_to) = 32);
-- 1: passed on from elsewhere.
ALTER TABLE message ADD COLUMN forwarded INTEGER NOT NULL DEFAULT 0 CHECK (forwarded IN (0, 1));
-- 1: `text` is no longer what the message said first.
ALTER TABLE message ADD COLUMN edited INTEGER NOT NULL DEFAULT 0 CHECK (edited IN (0, 1));
-- 1: taken back; text and content are empty as soon as the log says so.
ALTER TABLE message ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1));
ALTER TABLE message ADD COLUMN starred INTEGER NOT NULL DEFAULT 0 CHECK (starred IN (0, 1));
-- Where in the log it was pinned, if it is.
ALTER TABLE message ADD COLUMN pinned_at INTEGER;
-- Of an own hidden part: the message that it is about, with which it goes.
ALTER TABLE message ADD COLUMN about INTEGER REFERENCES message (id) ON DELETE CASCADE;
CREATE INDEX message_about ON message (about) WHERE about IS NOT NULL;
CREATE INDEX message_pinned ON message (conversation, pinned_at) WHERE pinned_at IS NOT NULL;
CREATE INDEX message_starred ON message (sent_at) WHERE starred = 1;

-- What was said about messages. The newest by place counts; own ones count before they have a place.
CREATE TABLE remark (
    id INTEGER PRIMARY KEY,
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    target INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    -- its place in the log; the end of the range while it has none
    position INTEGER NOT NULL,
    user BLOB NOT NULL CHECK (length(user) = 16),
    -- 1: said on this device
    own INTEGER NOT NULL CHECK (own IN (0, 1)),
    said_at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('edit', 'deletion', 'reaction', 'pin')),
    -- of an edit the new text, of a reaction the emoji
    text TEXT NOT NULL,
    -- 0 takes a reaction or a pin back
    is_on INTEGER NOT NULL CHECK (is_on IN (0, 1)),
    -- of an edit: its own id, CBOR of its content, and the server's MAC: what a report would need
    message BLOB CHECK (length(message) = 32),
    content BLOB NOT NULL,
    franking_mac BLOB NOT NULL,
    -- the hidden row that brings it to the log
    part INTEGER REFERENCES message (id) ON DELETE CASCADE
);
CREATE INDEX remark_target ON remark (target, kind);
CREATE INDEX remark_place ON remark (conversation, position);
CREATE INDEX remark_part ON remark (part) WHERE part IS NOT NULL;
CREATE INDEX remark_message ON remark (conversation, message) WHERE message IS NOT NULL;

-- How far others have read, and when they said so.
CREATE TABLE receipt (
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    user BLOB NOT NULL CHECK (length(user) = 16),
    read INTEGER NOT NULL,
    read_at INTEGER NOT NULL,
    -- where in the log they said so
    position INTEGER NOT NULL,
    PRIMARY KEY (conversation, user, read)
) WITHOUT ROWID;

-- What is being written. It never leaves this device.
CREATE TABLE draft (
    conversation BLOB PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
    text TEXT NOT NULL
) WITHOUT ROWID;

CREATE TRIGGER message_text_changed AFTER UPDATE OF text ON message WHEN old.text <> new.text BEGIN
    INSERT INTO message_fts (message_fts, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO message_fts (rowid, text) VALUES (new.id, new.text);
END;
