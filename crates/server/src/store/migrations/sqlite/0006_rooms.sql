-- Rooms: their links, who knocks, and what forgetting needs to be right when the clock is set.

-- One row for each link that a room ever had: who comes with an older one is told that it was replaced,
-- and who comes when the room has ended is told that. No foreign key, because it outlives the room.
create table room_link (
    room_id blob not null primary key check (length(room_id) = 16),
    conversation_id blob not null check (length(conversation_id) = 16),
    rotation integer not null check (rotation >= 1),
    -- SHA-256 of the admission token.
    admission_hash blob not null check (length(admission_hash) = 32),
    -- What stands on the door, sealed; empty for links that were replaced.
    sealed_state blob not null,
    -- When the room ended.
    closed_at integer,
    unique (conversation_id, rotation)
) strict, without rowid;
create index room_link_closed on room_link (closed_at) where closed_at is not null;

create table knock (
    conversation_id blob not null references conversation (conversation_id) on delete cascade,
    device_id blob not null check (length(device_id) = 16),
    key_package blob not null,
    knocked_at integer not null,
    primary key (conversation_id, device_id)
) strict, without rowid;
create index knock_age on knock (knocked_at);

-- What is added to `sent_at` to tell the age: the clock was set by so much since.
alter table log_entry add column age_shift integer not null default 0;
alter table welcome add column age_shift integer not null default 0;

-- One row: the server's time when it last forgot something.
create table sweep (
    id integer not null primary key check (id = 1),
    swept_at integer not null
) strict;
