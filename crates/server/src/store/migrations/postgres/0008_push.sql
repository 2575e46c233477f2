-- Web Push: how devices that are not connected are woken.

create table push_subscription (
    device_id bytea not null primary key references device (device_id) on delete cascade,
    session_id bytea not null references session (session_id) on delete cascade,
    -- Where the push service takes it. Whoever knows it and the two keys can wake the device.
    endpoint text not null unique,
    public_key bytea not null check (octet_length(public_key) = 65),
    auth bytea not null check (octet_length(auth) = 16)
);
create index push_subscription_session on push_subscription (session_id);

-- However a session ends, nobody is woken for it any more.
create function end_push_subscription() returns trigger language plpgsql set search_path from current as $$
begin
    delete from push_subscription where session_id = new.session_id;
    return null;
end $$;
create trigger push_subscription_ends after update of revoked_at on session
    for each row when (new.revoked_at is not null) execute function end_push_subscription();
