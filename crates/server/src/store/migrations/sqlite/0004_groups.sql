-- Groups and rooms beside direct conversations: roles, proposals, message expiry, and commits that are undone.

-- SQLite cannot loosen a constraint, so three tables are made anew; foreign keys are checked at the end.
create table new_conversation (
    conversation_id blob not null primary key check (length(conversation_id) = 16),
    -- 1 direct, 2 group, 3 room.
    kind integer not null check (kind between 1 and 3),
    -- The two users of a direct conversation, sorted, so that there is one for each pair.
    user_low blob check (length(user_low) = 16),
    user_high blob check (length(user_high) = 16),
    epoch integer not null check (epoch >= 1),
    head integer not null check (head >= 1),
    first_kept integer not null check (first_kept between 1 and head + 1),
    -- Level with the group's profile, which only commits change.
    retention_ms integer check (retention_ms > 0),
    slow_mode_ms integer not null default 0 check (slow_mode_ms >= 0),
    -- When a room ends.
    ends_at integer,
    -- The newest commit while it may still be undone; 0 if there is none.
    commit_sequence integer not null default 0 check (commit_sequence >= 0),
    unique (user_low, user_high),
    check ((kind = 1) = (user_low is not null)),
    check ((kind = 1) = (user_high is not null)),
    check (user_low < user_high)
) strict, without rowid;
insert into new_conversation (conversation_id, kind, user_low, user_high, epoch, head, first_kept, retention_ms)
    select conversation_id, kind, user_low, user_high, epoch, head, first_kept, retention_ms from conversation;
drop table conversation;
alter table new_conversation rename to conversation;
create index conversation_ends on conversation (ends_at) where ends_at is not null;

create table new_member (
    conversation_id blob not null references conversation (conversation_id) on delete cascade,
    device_id blob not null check (length(device_id) = 16),
    user_id blob not null check (length(user_id) = 16),
    leaf integer not null check (leaf >= 0),
    -- 0 read only, 1 member, 2 admin, 3 owner: the user's, from the group's profile.
    role integer not null default 1 check (role between 0 and 3),
    -- The commit that put the device at its leaf.
    joined integer not null default 0 check (joined >= 0),
    -- The device's log begins after this entry: with its Welcome, or with its own joining commit.
    start integer not null check (start >= 0),
    cursor integer not null check (cursor >= start),
    last_counter integer not null default 0 check (last_counter >= 0),
    last_kind integer not null default 0 check (last_kind between 0 and 3),
    last_sequence integer not null default 0,
    last_sent_at integer not null default 0,
    -- For slow mode.
    last_message_at integer not null default 0,
    primary key (conversation_id, device_id)
) strict, without rowid;
insert into new_member (conversation_id, device_id, user_id, leaf, joined, start, cursor, last_counter, last_kind,
    last_sequence, last_sent_at)
    select conversation_id, device_id, user_id, leaf, start, start, cursor, last_counter, last_kind,
        last_sequence, last_sent_at from member;
drop table member;
alter table new_member rename to member;
create index member_device on member (device_id);
create index member_user on member (user_id, conversation_id);
-- Answers "has every device acknowledged this?" without reading all members.
create index member_cursor on member (conversation_id, cursor);

create table new_log_entry (
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
    primary key (conversation_id, sequence)
) strict, without rowid;
insert into new_log_entry (conversation_id, sequence, kind, epoch, sender_device_id, counter, sent_at, payload,
    franking_mac)
    select conversation_id, sequence, kind, epoch, sender_device_id, counter, sent_at, payload, franking_mac
    from log_entry;
drop table log_entry;
alter table new_log_entry rename to log_entry;
create index log_entry_expiry on log_entry (expires_at) where expires_at is not null;

-- CBOR of the profile in the GroupContext; null where no commit was accepted since it is kept.
alter table conversation_group add column profile blob;
alter table conversation_group add column previous_profile blob;
-- Members who know the current epoch are asked for another GroupInfo.
alter table conversation_group add column group_info_wanted integer not null default 0
    check (group_info_wanted in (0, 1));

-- Devices that the newest commit removed or moved, as they were: they come back if it is undone.
create table previous_member (
    conversation_id blob not null references conversation (conversation_id) on delete cascade,
    device_id blob not null check (length(device_id) = 16),
    user_id blob not null check (length(user_id) = 16),
    leaf integer not null,
    role integer not null,
    joined integer not null,
    start integer not null,
    cursor integer not null,
    last_counter integer not null,
    last_kind integer not null,
    last_sequence integer not null,
    last_sent_at integer not null,
    last_message_at integer not null,
    primary key (conversation_id, device_id)
) strict, without rowid;

-- Devices that ask to be let go: the next commit of their epoch does it.
create table pending_proposal (
    conversation_id blob not null references conversation (conversation_id) on delete cascade,
    sequence integer not null,
    epoch integer not null,
    proposal blob not null,
    primary key (conversation_id, sequence)
) strict, without rowid;

-- How many commits of a user nobody could process.
create table charge (
    conversation_id blob not null references conversation (conversation_id) on delete cascade,
    user_id blob not null check (length(user_id) = 16),
    voided integer not null check (voided >= 1),
    primary key (conversation_id, user_id)
) strict, without rowid;
