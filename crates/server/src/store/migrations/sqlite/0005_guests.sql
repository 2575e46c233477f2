-- Guests: users without name of their own, password and vault, who end.

-- SQLite cannot loosen a constraint, so the table is made anew; foreign keys are checked at the end.
create table new_account (
    user_id blob not null primary key check (length(user_id) = 16),
    name text not null,
    -- The name in lower case: for searching and sorting. Guests are not searched for.
    name_folded text unique,
    -- The name with look-alikes made equal: what must be unique among accounts.
    name_key text unique,
    -- The OPAQUE record; guessing from it needs the key file too.
    password_file blob,
    -- One user for each key, so that nobody is two people.
    identity_key blob not null unique check (length(identity_key) = 32),
    recovery_public_key blob check (length(recovery_public_key) = 32),
    vault_sealed blob,
    vault_key_by_password blob,
    vault_key_by_recovery blob,
    is_admin integer not null check (is_admin in (0, 1)),
    -- Milliseconds since 1970, to the day.
    registered_at integer not null,
    -- Of a guest: when they end, unless they come back before. An account has none.
    guest_until integer,
    check ((guest_until is null) = (name_folded is not null)),
    check ((guest_until is null) = (name_key is not null)),
    check ((guest_until is null) = (password_file is not null)),
    check ((guest_until is null) = (recovery_public_key is not null)),
    check ((guest_until is null) = (vault_sealed is not null)),
    check ((guest_until is null) = (vault_key_by_password is not null)),
    check ((guest_until is null) = (vault_key_by_recovery is not null)),
    check (guest_until is null or not is_admin)
) strict, without rowid;
insert into new_account (user_id, name, name_folded, name_key, password_file, identity_key, recovery_public_key,
    vault_sealed, vault_key_by_password, vault_key_by_recovery, is_admin, registered_at)
    select user_id, name, name_folded, name_key, password_file, identity_key, recovery_public_key,
        vault_sealed, vault_key_by_password, vault_key_by_recovery, is_admin, registered_at from account;
drop table account;
alter table new_account rename to account;
create index account_guests on account (guest_until) where guest_until is not null;
