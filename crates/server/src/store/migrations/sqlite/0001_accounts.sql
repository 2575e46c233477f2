-- Accounts, devices and sessions: who may use this server.

-- One row: what the administrator decided, and the token of the first set-up while it is unused.
create table server_setting (
    id integer not null primary key check (id = 1),
    name text not null,
    registration text not null check (registration in ('open', 'invitation', 'closed')),
    setup_token_hash blob check (length(setup_token_hash) = 32),
    is_set_up integer not null check (is_set_up in (0, 1))
) strict;

create table account (
    user_id blob not null primary key check (length(user_id) = 16),
    name text not null,
    -- The name in lower case: for searching and sorting.
    name_folded text not null unique,
    -- The name with look-alikes made equal: what must be unique.
    name_key text not null unique,
    -- The OPAQUE record; guessing from it needs the key file too.
    password_file blob not null,
    identity_key blob not null check (length(identity_key) = 32),
    recovery_public_key blob not null check (length(recovery_public_key) = 32),
    vault_sealed blob not null,
    vault_key_by_password blob not null,
    vault_key_by_recovery blob not null,
    is_admin integer not null check (is_admin in (0, 1)),
    -- Milliseconds since 1970, to the day.
    registered_at integer not null
) strict, without rowid;

create table device (
    device_id blob not null primary key check (length(device_id) = 16),
    user_id blob not null references account (user_id) on delete cascade,
    certificate blob not null,
    signature_key blob not null check (length(signature_key) = 32),
    -- Milliseconds since 1970, to the day.
    registered_at integer not null,
    revoked_at integer
) strict, without rowid;
create index device_by_user on device (user_id);

create table session (
    session_id blob not null primary key check (length(session_id) = 16),
    device_id blob not null references device (device_id) on delete cascade,
    -- SHA-256 of the newest refresh token, and of the one that it was given for.
    current_hash blob not null check (length(current_hash) = 32),
    previous_hash blob check (length(previous_hash) = 32),
    refreshed_at integer not null,
    revoked_at integer
) strict, without rowid;
create index session_by_device on session (device_id);

create table login_ticket (
    ticket_hash blob not null primary key check (length(ticket_hash) = 32),
    user_id blob not null references account (user_id) on delete cascade,
    expires_at integer not null
) strict, without rowid;
create index login_ticket_by_user on login_ticket (user_id);

create table invitation (
    invitation_hash blob not null primary key check (length(invitation_hash) = 32),
    made_by blob not null references account (user_id) on delete cascade,
    expires_at integer not null,
    used_at integer
) strict, without rowid;
create index invitation_by_maker on invitation (made_by);
