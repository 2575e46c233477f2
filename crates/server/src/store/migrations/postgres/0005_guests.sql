-- Guests: users without name of their own, password and vault, who end.

alter table account
    alter column name_folded drop not null,
    alter column name_key drop not null,
    alter column password_file drop not null,
    alter column recovery_public_key drop not null,
    alter column vault_sealed drop not null,
    alter column vault_key_by_password drop not null,
    alter column vault_key_by_recovery drop not null,
    -- Of a guest: when they end, unless they come back before. An account has none.
    add column guest_until bigint,
    -- One user for each key, so that nobody is two people.
    add unique (identity_key),
    add check ((guest_until is null) = (name_folded is not null)),
    add check ((guest_until is null) = (name_key is not null)),
    add check ((guest_until is null) = (password_file is not null)),
    add check ((guest_until is null) = (recovery_public_key is not null)),
    add check ((guest_until is null) = (vault_sealed is not null)),
    add check ((guest_until is null) = (vault_key_by_password is not null)),
    add check ((guest_until is null) = (vault_key_by_recovery is not null)),
    add check (guest_until is null or not is_admin);
create index account_guests on account (guest_until) where guest_until is not null;
