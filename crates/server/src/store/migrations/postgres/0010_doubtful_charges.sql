-- Whoever came in by a GroupInfo with a wrong key is not to blame: charges of an epoch whose GroupInfo is in
-- doubt can be taken back.

alter table charge add column doubtful bigint not null default 0 check (doubtful >= 0);
alter table charge add column doubtful_epoch bigint not null default 0;
