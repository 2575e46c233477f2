-- Groups and rooms: what kind a conversation is, what its members agree on, what is to be changed, and
-- the secrets of rooms.

-- SQLite does not change a CHECK in place: the table is made anew, while nothing looks at its references.
CREATE TABLE conversation_2 (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('direct', 'group', 'room')),
    -- the other person of a direct conversation
    peer BLOB CHECK (length(peer) = 16),
    state TEXT NOT NULL CHECK (state IN (
        'creating', 'joining', 'waiting', 'active', 'lost', 'removed', 'closed', 'blocked'
    )),
    -- the last entry of the log that was processed
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    -- the running hash there; empty where it is not known
    running_hash BLOB NOT NULL CHECK (length(running_hash) IN (0, 32)),
    -- the last counter of this device that the server has stored
    own_counter INTEGER NOT NULL CHECK (own_counter >= 0),
    read_sequence INTEGER NOT NULL CHECK (read_sequence >= 0),
    begun_at INTEGER NOT NULL,
    -- while 'creating', 'joining' or 'lost': what is sent to the server, again and again until it answers
    creation BLOB,
    -- CBOR of the group's profile, as of the last commit
    profile BLOB,
    -- people in it
    people INTEGER NOT NULL DEFAULT 0 CHECK (people >= 0),
    CHECK ((kind = 'direct') = (peer IS NOT NULL))
);
INSERT INTO conversation_2 (id, kind, peer, state, sequence, running_hash, own_counter, read_sequence, begun_at, creation)
    SELECT id, kind, peer, state, sequence, running_hash, own_counter, read_sequence, begun_at, creation
    FROM conversation;
DROP TABLE conversation;
ALTER TABLE conversation_2 RENAME TO conversation;
CREATE INDEX conversation_peer ON conversation (peer);

-- Names of guests are not theirs alone.
ALTER TABLE contact ADD COLUMN kind TEXT NOT NULL DEFAULT 'account' CHECK (kind IN ('account', 'guest'));

-- An own wish to be let go waits for its echo as an own commit does.
ALTER TABLE own_commit ADD COLUMN kind TEXT NOT NULL DEFAULT 'commit' CHECK (kind IN ('commit', 'proposal'));
-- With a commit that replaces a room's link: CBOR of the new link.
ALTER TABLE own_commit ADD COLUMN link BLOB;

-- What is to become of a group, in the order in which it was wanted. Each becomes part of a commit.
CREATE TABLE group_action (
    id INTEGER PRIMARY KEY,
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    -- CBOR
    action BLOB NOT NULL,
    -- not before this time, in milliseconds since 1970
    due_at INTEGER NOT NULL,
    -- refused tries
    tries INTEGER NOT NULL DEFAULT 0,
    -- 1 while it is part of the own commit that is under way
    under_way INTEGER NOT NULL DEFAULT 0 CHECK (under_way IN (0, 1))
);
CREATE INDEX group_action_conversation ON group_action (conversation, id);

-- Secrets of the links of rooms. Until a commit names a rotation, several people may have proposed one.
CREATE TABLE room_secret (
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    rotation INTEGER NOT NULL,
    -- who drew it; missing for the one that counts
    user BLOB NOT NULL CHECK (length(user) IN (0, 16)),
    secret BLOB NOT NULL CHECK (length(secret) = 15),
    PRIMARY KEY (conversation, rotation, user)
) WITHOUT ROWID;

-- Devices that were members of a group when this device lost it: one of them must vouch for the group that
-- it comes into again.
CREATE TABLE voucher (
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    device BLOB NOT NULL CHECK (length(device) = 16),
    PRIMARY KEY (conversation, device)
) WITHOUT ROWID;
