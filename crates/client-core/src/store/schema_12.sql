-- Search in a time: which rows may have been sent in it, without reading one. Rows are not in the order of time, since
-- history that is shared comes late; but of every 1024 in a row, the times are in order here.
CREATE INDEX message_block ON message (id / 1024, sent_at);
