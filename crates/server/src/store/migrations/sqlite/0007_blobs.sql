-- Blobs: sealed bytes of files, which lie beside the database under names drawn by the server.

create table blob (
    blob_id blob not null primary key check (length(blob_id) = 16),
    -- Nothing, once it is to go: its uploader deleted it, or the conversation or the user has ended. The row
    -- stays until the file is gone.
    conversation_id blob references conversation (conversation_id) on delete set null,
    user_id blob references account (user_id) on delete set null,
    -- The file's name.
    file blob not null unique check (length(file) = 16),
    size integer not null check (size > 0),
    -- So many bytes are on the disk for good.
    received integer not null default 0 check (received between 0 and size),
    -- What the uploader asked for, counted from completion.
    life_ms integer check (life_ms > 0),
    completed_at integer,
    expires_at integer not null,
    check ((completed_at is not null) = (received = size))
) strict, without rowid;
create index blob_conversation on blob (conversation_id);
create index blob_user on blob (user_id, size);
create index blob_expiry on blob (expires_at);
