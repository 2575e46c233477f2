-- Messages whose deletion can still be taken back.

-- They are shown nowhere until the action's time has come. It was taken back: its rows go with it.
CREATE TABLE deletion (
    message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    action INTEGER NOT NULL REFERENCES group_action (id) ON DELETE CASCADE
);
CREATE INDEX deletion_action ON deletion (action);
