-- Profiles, blocked people, requests, and what notifies.

-- What people tell of themselves, this user too.
CREATE TABLE profile (
    user BLOB PRIMARY KEY CHECK (length(user) = 16),
    display_name TEXT NOT NULL,
    status TEXT NOT NULL,
    pronouns TEXT NOT NULL,
    picture BLOB,
    colour INTEGER CHECK (colour BETWEEN 0 AND 11),
    -- by the server's clock: what was told before does not replace it
    told_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Conversations that are still to be told the user's profile.
CREATE TABLE profile_due (
    conversation BLOB PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE
) WITHOUT ROWID;

-- Whom the user does not want to hear. It never leaves this device.
CREATE TABLE blocked (
    user BLOB PRIMARY KEY CHECK (length(user) = 16)
) WITHOUT ROWID;

-- What the user chose for a conversation.
CREATE TABLE choice (
    conversation BLOB PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
    -- missing once it was accepted
    request TEXT CHECK (request IN ('asked', 'ignored')),
    -- missing for the default of its kind
    level TEXT CHECK (level IN ('all', 'mentions', 'nothing')),
    muted_until INTEGER,
    archived INTEGER NOT NULL DEFAULT 0 CHECK (archived IN (0, 1))
) WITHOUT ROWID;

-- Messages that mention the user.
CREATE TABLE mention (
    message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE
);

-- Messages that came and were not announced yet.
CREATE TABLE announcement (
    message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE
);
