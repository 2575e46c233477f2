-- The message plane: conversations, their logs, Welcomes and key packages. No column holds plaintext.

-- Small and hot: every append changes it, so the large state of the group is elsewhere.
create table conversation (
    conversation_id bytea not null primary key check (octet_length(conversation_id) = 16),
    kind bigint not null check (kind = 1),
    -- The two users of a direct conversation, sorted, so that there is one for each pair.
    user_low bytea not null check (octet_length(user_low) = 16),
    user_high bytea not null check (octet_length(user_high) = 16),
    epoch bigint not null check (epoch >= 1),
    head bigint not null check (head >= 1),
    first_kept bigint not null check (first_kept between 1 and head + 1),
    -- Shorter than the server's ceiling where the members chose so.
    retention_ms bigint check (retention_ms > 0),
    unique (user_low, user_high),
    check (user_low < user_high)
);

-- The server's public copy of the MLS group. The state before the last commit is kept so that a
-- commit which no member can process can be undone.
create table conversation_group (
    conversation_id bytea not null primary key references conversation (conversation_id) on delete cascade,
    public_state bytea not null,
    group_info bytea not null,
    previous_public_state bytea,
    previous_group_info bytea
);

-- One row for each leaf, derived from the tree. The last counter and what it became live as long.
create table member (
    conversation_id bytea not null references conversation (conversation_id) on delete cascade,
    device_id bytea not null check (octet_length(device_id) = 16),
    user_id bytea not null check (octet_length(user_id) = 16),
    leaf bigint not null check (leaf >= 0),
    -- The device's log begins after this entry: the commit that added it.
    start bigint not null check (start >= 0),
    cursor bigint not null check (cursor >= start),
    last_counter bigint not null default 0 check (last_counter >= 0),
    last_kind bigint not null default 0 check (last_kind between 0 and 2),
    last_sequence bigint not null default 0,
    last_sent_at bigint not null default 0,
    primary key (conversation_id, device_id)
);
create index member_device on member (device_id);
-- Answers "has every device acknowledged this?" without reading all members.
create index member_cursor on member (conversation_id, cursor);

create table log_entry (
    conversation_id bytea not null references conversation (conversation_id) on delete cascade,
    sequence bigint not null check (sequence >= 1),
    kind bigint not null check (kind in (1, 2)),
    epoch bigint not null,
    sender_device_id bytea not null check (octet_length(sender_device_id) = 16),
    counter bigint not null,
    sent_at bigint not null,
    payload bytea not null,
    franking_mac bytea not null check (octet_length(franking_mac) in (0, 32)),
    primary key (conversation_id, sequence)
);

-- One Welcome serves all devices that a commit added; it goes when the last has it.
create table welcome (
    conversation_id bytea not null references conversation (conversation_id) on delete cascade,
    sequence bigint not null,
    sender_device_id bytea not null check (octet_length(sender_device_id) = 16),
    sent_at bigint not null,
    welcome bytea not null,
    ratchet_tree bytea not null,
    primary key (conversation_id, sequence)
);

create table pending_welcome (
    device_id bytea not null check (octet_length(device_id) = 16),
    conversation_id bytea not null,
    sequence bigint not null,
    primary key (device_id, conversation_id),
    foreign key (conversation_id, sequence) references welcome (conversation_id, sequence) on delete cascade
);
create index pending_welcome_welcome on pending_welcome (conversation_id, sequence);

-- Single use: a row moves to used_key_package when it is handed out.
create table key_package (
    reference bytea not null primary key check (octet_length(reference) = 32),
    device_id bytea not null references device (device_id) on delete cascade,
    expires_at bigint not null,
    key_package bytea not null
);
create index key_package_device on key_package (device_id, expires_at);

-- Remembered until they expire, so that a repeated upload is not handed out again.
create table used_key_package (
    reference bytea not null primary key check (octet_length(reference) = 32),
    device_id bytea not null references device (device_id) on delete cascade,
    expires_at bigint not null
);
create index used_key_package_device on used_key_package (device_id);
create index used_key_package_expiry on used_key_package (expires_at);

-- Handed out again and again when the others are used up.
create table last_resort_key_package (
    device_id bytea not null primary key references device (device_id) on delete cascade,
    expires_at bigint not null,
    key_package bytea not null
);
