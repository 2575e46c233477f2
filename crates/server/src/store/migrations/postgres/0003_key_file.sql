-- Which key file this database belongs to: with another one no password would fit any more.

-- One row, made at the first start: the hash of something public of the key file.
create table key_file (
    id integer not null primary key check (id = 1),
    identifier bytea not null check (octet_length(identifier) = 32)
);
