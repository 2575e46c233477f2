-- Accounts, devices and sessions: who may use this server.

-- One row: what the administrator decided, and the token of the first set-up while it is unused.
create table server_setting (
    id integer not null primary key check (id = 1),
    name text not null,
    registration text not null check (registration in ('open', 'invitation', 'closed')),
    setup_token_hash bytea check (length(setup_token_hash) = 32),
    is_set_up boolean not null
);

create table account (
    user_id bytea not null primary key check (length(user_id) = 16),
    name text not null,
    -- The name in lower case: for searching and sorting.
    name_folded text collate "C" not null unique,
    -- The name with look-alikes made equal: what must be unique.
    name_key text not null unique,
    -- The OPAQUE record; guessing from it needs the key file too.
    password_file bytea not null,
    identity_key bytea not null check (length(identity_key) = 32),
    recovery_public_key bytea not null check (length(recovery_public_key) = 32),
    vault_sealed bytea not null,
    vault_key_by_password bytea not null,
    vault_key_by_recovery bytea not null,
    is_admin boolean not null,
    -- Milliseconds since 1970, to the day.
    registered_at bigint not null
);

create table device (
    device_id bytea not null primary key check (length(device_id) = 16),
    user_id bytea not null references account (user_id) on delete cascade,
    certificate bytea not null,
    signature_key bytea not null check (length(signature_key) = 32),
    -- Milliseconds since 1970, to the day.
    registered_at bigint not null,
    revoked_at bigint
);
create index device_by_user on device (user_id);

create table session (
    session_id bytea not null primary key check (length(session_id) = 16),
    device_id bytea not null references device (device_id) on delete cascade,
    -- SHA-256 of the newest refresh token, and of the one that it was given for.
    current_hash bytea not null check (length(current_hash) = 32),
    previous_hash bytea check (length(previous_hash) = 32),
    refreshed_at bigint not null,
    revoked_at bigint
);
create index session_by_device on session (device_id);

create table login_ticket (
    ticket_hash bytea not null primary key check (length(ticket_hash) = 32),
    user_id bytea not null references account (user_id) on delete cascade,
    expires_at bigint not null
);
create index login_ticket_by_user on login_ticket (user_id);

create table invitation (
    invitation_hash bytea not null primary key check (length(invitation_hash) = 32),
    made_by bytea not null references account (user_id) on delete cascade,
    expires_at bigint not null,
    used_at bigint
);
create index invitation_by_maker on invitation (made_by);
