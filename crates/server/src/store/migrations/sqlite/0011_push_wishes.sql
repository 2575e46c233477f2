-- Web Push: for what a device is woken, as its user wishes. Nothing, until it says so.

-- Minutes of UTC since midnight, if nothing wakes it for hours of each day.
alter table push_subscription add column quiet_from integer check (quiet_from between 0 and 1439);
alter table push_subscription add column quiet_to integer check (quiet_to between 0 and 1439);
-- Whether a Welcome wakes it.
alter table push_subscription add column welcomes integer not null default 0 check (welcomes in (0, 1));

create table push_wish (
    device_id blob not null references push_subscription (device_id) on delete cascade,
    conversation_id blob not null references conversation (conversation_id) on delete cascade,
    -- It is muted until then.
    not_before integer,
    primary key (device_id, conversation_id)
) strict, without rowid;
create index push_wish_conversation on push_wish (conversation_id);
