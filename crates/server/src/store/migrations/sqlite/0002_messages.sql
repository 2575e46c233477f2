-- The message plane: conversations, their logs, Welcomes and key packages. No column holds plaintext.

-- Small and hot: every append changes it, so the large state of the group is elsewhere.
create table conversation (
    conversation_id blob not null primary key check (length(conversation_id) = 16),
    kind integer not null check (kind = 1),
    -- The two users of a direct conversation, sorted, so that there is one for each pair.
    user_low blob not null check (length(user_low) = 16),
    user_high blob not null check (length(user_high) = 16),
    epoch integer not null check (epoch >= 1),
    head integer not null check (head >= 1),
    first_kept integer not null check (first_kept between 1 and head + 1),
    -- Shorter than the server's ceiling where the members chose so.
    retention_ms integer check (retention_ms > 0),
    unique (user_low, user_high),
    check (user_low < user_high)
) strict, without rowid;

-- The server's public copy of the MLS group. The state before the last commit is kept so that a
-- commit which no member can process can be undone.
create table conversation_group (
    conversation_id blob not null primary key references conversation (conversation_id) on delete cascade,
    public_state blob not null,
    group_info blob not null,
    previous_public_state blob,
    previous_group_info blob
) strict, without rowid;

-- One row for each leaf, derived from the tree. The last counter and what it became live as long.
create table member (
    conversation_id blob not null references conversation (conversation_id) on delete cascade,
    device_id blob not null check (length(device_id) = 16),
    user_id blob not null check (length(user_id) = 16),
    leaf integer not null check (leaf >= 0),
    -- The device's log begins after this entry: the commit that added it.
    start integer not null check (start >= 0),
    cursor integer not null check (cursor >= start),
    last_counter integer not null default 0 check (last_counter >= 0),
    last_kind integer not null default 0 check (last_kind between 0 and 2),
    last_sequence integer not null default 0,
    last_sent_at integer not null default 0,
    primary key (conversation_id, device_id)
) strict, without rowid;
create index member_device on member (device_id);
-- Answers "has every device acknowledged this?" without reading all members.
create index member_cursor on member (conversation_id, cursor);

create table log_entry (
    conversation_id blob not null references conversation (conversation_id) on delete cascade,
    sequence integer not null check (sequence >= 1),
    kind integer not null check (kind in (1, 2)),
    epoch integer not null,
    sender_device_id blob not null check (length(sender_device_id) = 16),
    counter integer not null,
    sent_at integer not null,
    payload blob not null,
    franking_mac blob not null check (length(franking_mac) in (0, 32)),
    primary key (conversation_id, sequence)
) strict, without rowid;

-- One Welcome serves all devices that a commit added; it goes when the last has it.
create table welcome (
    conversation_id blob not null references conversation (conversation_id) on delete cascade,
    sequence integer not null,
    sender_device_id blob not null check (length(sender_device_id) = 16),
    sent_at integer not null,
    welcome blob not null,
    ratchet_tree blob not null,
    primary key (conversation_id, sequence)
) strict, without rowid;

create table pending_welcome (
    device_id blob not null check (length(device_id) = 16),
    conversation_id blob not null,
    sequence integer not null,
    primary key (device_id, conversation_id),
    foreign key (conversation_id, sequence) references welcome (conversation_id, sequence) on delete cascade
) strict, without rowid;
create index pending_welcome_welcome on pending_welcome (conversation_id, sequence);

-- Single use: a row moves to used_key_package when it is handed out.
create table key_package (
    reference blob not null primary key check (length(reference) = 32),
    device_id blob not null references device (device_id) on delete cascade,
    expires_at integer not null,
    key_package blob not null
) strict, without rowid;
create index key_package_device on key_package (device_id, expires_at);

-- Remembered until they expire, so that a repeated upload is not handed out again.
create table used_key_package (
    reference blob not null primary key check (length(reference) = 32),
    device_id blob not null references device (device_id) on delete cascade,
    expires_at integer not null
) strict, without rowid;
create index used_key_package_device on used_key_package (device_id);
create index used_key_package_expiry on used_key_package (expires_at);

-- Handed out again and again when the others are used up.
create table last_resort_key_package (
    device_id blob not null primary key references device (device_id) on delete cascade,
    expires_at integer not null,
    key_package blob not null
) strict, without rowid;
