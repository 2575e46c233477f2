-- Entries stand in the file in the order in which they came, not by conversation: a batch fills a few pages
-- to the brim, where each message dirtied a page of its conversation and, longer than a quarter of a page,
-- one of its own. Each page is encrypted and authenticated anew when it is written.

create table new_log_entry (
    entry integer primary key,
    conversation_id blob not null references conversation (conversation_id) on delete cascade,
    sequence integer not null check (sequence >= 1),
    -- 1 commit, 2 message, 3 proposal, 4 expired, 5 voided.
    kind integer not null check (kind between 1 and 5),
    epoch integer not null,
    sender_device_id blob not null check (length(sender_device_id) = 16),
    counter integer not null,
    sent_at integer not null,
    -- When the server forgets the payload, delivered or not.
    expires_at integer,
    payload blob not null,
    franking_mac blob not null check (length(franking_mac) in (0, 32)),
    age_shift integer not null default 0,
    unique (conversation_id, sequence)
) strict;
insert into new_log_entry (conversation_id, sequence, kind, epoch, sender_device_id, counter, sent_at, expires_at,
    payload, franking_mac, age_shift)
    select conversation_id, sequence, kind, epoch, sender_device_id, counter, sent_at, expires_at, payload,
        franking_mac, age_shift
    from log_entry order by sent_at, conversation_id, sequence;
drop table log_entry;
alter table new_log_entry rename to log_entry;
create index log_entry_expiry on log_entry (expires_at) where expires_at is not null;
