-- A server that went back to a backup: how it is noticed, and what it is brought forward with again.

-- The newest epochs that this device has passed, by the commits that ended them: no other commit counts for
-- them any more.
CREATE TABLE passed_epoch (
    id INTEGER PRIMARY KEY,
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    -- where the commit stands in the log
    sequence INTEGER NOT NULL,
    payload_hash BLOB NOT NULL CHECK (length(payload_hash) = 32),
    -- of an own commit, while it is young: what was sent, and the new link with it
    bundle BLOB,
    link BLOB,
    UNIQUE (conversation, epoch)
);

-- Conversations whose server went back behind this device's epoch, until it has come as far again.
CREATE TABLE rollback (
    conversation BLOB PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
    -- the server's
    epoch INTEGER NOT NULL,
    -- by this device's clock
    noticed_at INTEGER NOT NULL
) WITHOUT ROWID;

-- SQLite cannot loosen a constraint, so the table is made anew.
CREATE TABLE notice_10 (
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('history_mismatch', 'lost_messages', 'key_changed', 'rolled_back')),
    -- after which entry of the log it was noticed first
    sequence INTEGER NOT NULL,
    noticed_at INTEGER NOT NULL,
    PRIMARY KEY (conversation, kind)
) WITHOUT ROWID;
INSERT INTO notice_10 (conversation, kind, sequence, noticed_at)
    SELECT conversation, kind, sequence, noticed_at FROM notice;
DROP TABLE notice;
ALTER TABLE notice_10 RENAME TO notice;

-- What is sent anew since the server went back: only to those who had it already.
ALTER TABLE outbox ADD COLUMN again INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1));
