-- Rooms: their links, who knocks, and what forgetting needs to be right when the clock is set.

-- One row for each link that a room ever had: who comes with an older one is told that it was replaced,
-- and who comes when the room has ended is told that. No foreign key, because it outlives the room.
create table room_link (
    room_id bytea not null primary key check (octet_length(room_id) = 16),
    conversation_id bytea not null check (octet_length(conversation_id) = 16),
    rotation bigint not null check (rotation >= 1),
    -- SHA-256 of the admission token.
    admission_hash bytea not null check (octet_length(admission_hash) = 32),
    -- What stands on the door, sealed; empty for links that were replaced.
    sealed_state bytea not null,
    -- When the room ended.
    closed_at bigint,
    unique (conversation_id, rotation)
);
create index room_link_closed on room_link (closed_at) where closed_at is not null;

create table knock (
    conversation_id bytea not null references conversation (conversation_id) on delete cascade,
    device_id bytea not null check (octet_length(device_id) = 16),
    key_package bytea not null,
    knocked_at bigint not null,
    primary key (conversation_id, device_id)
);
create index knock_age on knock (knocked_at);

-- What is added to `sent_at` to tell the age: the clock was set by so much since.
alter table log_entry add column age_shift bigint not null default 0;
alter table welcome add column age_shift bigint not null default 0;

-- One row: the server's time when it last forgot something.
create table sweep (
    id bigint not null primary key check (id = 1),
    swept_at bigint not null
);
