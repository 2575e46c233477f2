-- Own files whose message has ended here, and whose timer began with reading: they stay on the server until
-- everybody has had theirs.

CREATE TABLE unread_file (
    blob BLOB PRIMARY KEY CHECK (length(blob) = 16),
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    -- where the message stands in the log
    position INTEGER NOT NULL,
    timer_seconds INTEGER NOT NULL,
    -- when the last of those who read it has had their time; missing while somebody has not read
    ends_at INTEGER
) WITHOUT ROWID;
