-- Groups and rooms beside direct conversations: roles, proposals, message expiry, and commits that are undone.

alter table conversation drop constraint conversation_kind_check;
-- 1 direct, 2 group, 3 room.
alter table conversation add check (kind between 1 and 3);
-- The two users of a direct conversation, sorted, so that there is one for each pair.
alter table conversation alter column user_low drop not null;
alter table conversation alter column user_high drop not null;
alter table conversation add check ((kind = 1) = (user_low is not null));
alter table conversation add check ((kind = 1) = (user_high is not null));
-- Level with the group's profile, which only commits change.
alter table conversation add column slow_mode_ms bigint not null default 0 check (slow_mode_ms >= 0);
-- When a room ends.
alter table conversation add column ends_at bigint;
-- The newest commit while it may still be undone; 0 if there is none.
alter table conversation add column commit_sequence bigint not null default 0 check (commit_sequence >= 0);
create index conversation_ends on conversation (ends_at) where ends_at is not null;

-- 0 read only, 1 member, 2 admin, 3 owner: the user's, from the group's profile.
alter table member add column role bigint not null default 1 check (role between 0 and 3);
-- The commit that put the device at its leaf.
alter table member add column joined bigint not null default 0 check (joined >= 0);
update member set joined = start;
-- For slow mode.
alter table member add column last_message_at bigint not null default 0;
alter table member drop constraint member_last_kind_check;
alter table member add check (last_kind between 0 and 3);
create index member_user on member (user_id, conversation_id);

-- 1 commit, 2 message, 3 proposal, 4 expired, 5 voided.
alter table log_entry drop constraint log_entry_kind_check;
alter table log_entry add check (kind between 1 and 5);
-- When the server forgets the payload, delivered or not.
alter table log_entry add column expires_at bigint;
create index log_entry_expiry on log_entry (expires_at) where expires_at is not null;

-- CBOR of the profile in the GroupContext; null where no commit was accepted since it is kept.
alter table conversation_group add column profile bytea;
alter table conversation_group add column previous_profile bytea;
-- Members who know the current epoch are asked for another GroupInfo.
alter table conversation_group add column group_info_wanted boolean not null default false;

-- Devices that the newest commit removed or moved, as they were: they come back if it is undone.
create table previous_member (
    conversation_id bytea not null references conversation (conversation_id) on delete cascade,
    device_id bytea not null check (octet_length(device_id) = 16),
    user_id bytea not null check (octet_length(user_id) = 16),
    leaf bigint not null,
    role bigint not null,
    joined bigint not null,
    start bigint not null,
    cursor bigint not null,
    last_counter bigint not null,
    last_kind bigint not null,
    last_sequence bigint not null,
    last_sent_at bigint not null,
    last_message_at bigint not null,
    primary key (conversation_id, device_id)
);

-- Devices that ask to be let go: the next commit of their epoch does it.
create table pending_proposal (
    conversation_id bytea not null references conversation (conversation_id) on delete cascade,
    sequence bigint not null,
    epoch bigint not null,
    proposal bytea not null,
    primary key (conversation_id, sequence)
);

-- How many commits of a user nobody could process.
create table charge (
    conversation_id bytea not null references conversation (conversation_id) on delete cascade,
    user_id bytea not null check (octet_length(user_id) = 16),
    voided bigint not null check (voided >= 1),
    primary key (conversation_id, user_id)
);
