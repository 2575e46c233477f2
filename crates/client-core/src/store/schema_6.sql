-- Files: what is being uploaded, and what lies where.

-- The files of a message. They go with it.
CREATE TABLE file (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    -- which of the message's files
    place INTEGER NOT NULL CHECK (place >= 0),
    blob BLOB NOT NULL CHECK (length(blob) = 16),
    -- CBOR of the reference as it was, or will be, sent: the key is in it
    reference BLOB NOT NULL,
    -- 'complete': on the server, or never this device's business; all others are own files on their way
    state TEXT NOT NULL CHECK (state IN ('complete', 'sealing', 'uploading', 'paused', 'failed')),
    failure_code TEXT,
    -- bytes of the sealed file that the server has
    sent INTEGER NOT NULL DEFAULT 0 CHECK (sent >= 0),
    -- since when the sealed bytes lie on this device; missing if they do not
    here_since INTEGER,
    PRIMARY KEY (message, place)
) WITHOUT ROWID;
CREATE INDEX file_blob ON file (blob);
CREATE INDEX file_under_way ON file (state) WHERE state != 'complete';
CREATE INDEX file_here ON file (here_since) WHERE here_since IS NOT NULL;

-- Sealed files that nobody on this device needs any more.
CREATE TABLE blob_gone (
    blob BLOB PRIMARY KEY CHECK (length(blob) = 16),
    -- 1 if the server is to delete it, too: nobody was told of it, or its message was taken back
    on_server INTEGER NOT NULL CHECK (on_server IN (0, 1))
) WITHOUT ROWID;
CREATE TRIGGER file_deleted AFTER DELETE ON file BEGIN
    INSERT OR IGNORE INTO blob_gone (blob, on_server) VALUES (old.blob, old.state != 'complete');
END;
