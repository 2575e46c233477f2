-- Blobs: sealed bytes of files, which lie beside the database under names drawn by the server.

create table blob (
    blob_id bytea not null primary key check (octet_length(blob_id) = 16),
    -- Nothing, once it is to go: its uploader deleted it, or the conversation or the user has ended. The row
    -- stays until the file is gone.
    conversation_id bytea references conversation (conversation_id) on delete set null,
    user_id bytea references account (user_id) on delete set null,
    -- The file's name.
    file bytea not null unique check (octet_length(file) = 16),
    size bigint not null check (size > 0),
    -- So many bytes are on the disk for good.
    received bigint not null default 0 check (received between 0 and size),
    -- What the uploader asked for, counted from completion.
    life_ms bigint check (life_ms > 0),
    completed_at bigint,
    expires_at bigint not null,
    check ((completed_at is not null) = (received = size))
);
create index blob_conversation on blob (conversation_id);
create index blob_user on blob (user_id, size);
create index blob_expiry on blob (expires_at);
