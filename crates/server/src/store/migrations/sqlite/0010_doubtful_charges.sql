-- Whoever came in by a GroupInfo with a wrong key is not to blame: charges of an epoch whose GroupInfo is in
-- doubt can be taken back.

alter table charge add column doubtful integer not null default 0 check (doubtful >= 0);
alter table charge add column doubtful_epoch integer not null default 0;
