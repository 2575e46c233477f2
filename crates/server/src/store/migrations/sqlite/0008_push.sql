-- Web Push: how devices that are not connected are woken.

create table push_subscription (
    device_id blob not null primary key references device (device_id) on delete cascade,
    session_id blob not null references session (session_id) on delete cascade,
    -- Where the push service takes it. Whoever knows it and the two keys can wake the device.
    endpoint text not null unique,
    public_key blob not null check (length(public_key) = 65),
    auth blob not null check (length(auth) = 16)
) strict, without rowid;
create index push_subscription_session on push_subscription (session_id);

-- However a session ends, nobody is woken for it any more.
create trigger push_subscription_ends after update of revoked_at on session when new.revoked_at is not null
begin
    delete from push_subscription where session_id = new.session_id;
end;
