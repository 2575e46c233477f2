-- Search: an index of units that serve all scripts (`search/words.rs`), in place of one of words between
-- spaces; with names of files, and with marks by which senders, conversations, files and addresses are
-- found. It keeps its own copy of the units, so that what is deleted from it is what was put in, whatever
-- a later version makes of a text.

DROP TRIGGER message_inserted;
DROP TRIGGER message_deleted;
DROP TRIGGER message_text_changed;
DROP TABLE message_fts;

-- All that is a unit stands between spaces; letters, marks on letters and signs are all part of one.
CREATE VIRTUAL TABLE message_fts USING fts5 (
    text, files, marks, tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* S* Co'", prefix = '2 3'
);
INSERT INTO message_fts (message_fts, rank) VALUES ('secure-delete', 1);

-- What there is to find of each message. Functions of the program: store/search.rs.
CREATE VIEW message_found AS
    SELECT m.id AS id, search_units(m.text) AS text,
        coalesce((SELECT group_concat(search_file_units(f.reference), ' ') FROM file f WHERE f.message = m.id), '')
            AS files,
        search_marks(m.conversation, m.sender, m.text, EXISTS (SELECT 1 FROM file f WHERE f.message = m.id)) AS marks
    FROM message m WHERE m.hidden = 0 AND m.event IS NULL AND m.deleted = 0;

CREATE TRIGGER message_inserted AFTER INSERT ON message BEGIN
    INSERT INTO message_fts (rowid, text, files, marks) SELECT id, text, files, marks FROM message_found WHERE id = new.id;
END;
CREATE TRIGGER message_changed AFTER UPDATE OF text, deleted, hidden ON message
WHEN old.text <> new.text OR old.deleted <> new.deleted OR old.hidden <> new.hidden BEGIN
    DELETE FROM message_fts WHERE rowid = old.id;
    INSERT INTO message_fts (rowid, text, files, marks) SELECT id, text, files, marks FROM message_found WHERE id = new.id;
END;
CREATE TRIGGER message_deleted AFTER DELETE ON message BEGIN
    DELETE FROM message_fts WHERE rowid = old.id;
END;
CREATE TRIGGER file_found AFTER INSERT ON file BEGIN
    DELETE FROM message_fts WHERE rowid = new.message;
    INSERT INTO message_fts (rowid, text, files, marks)
        SELECT id, text, files, marks FROM message_found WHERE id = new.message;
END;

INSERT INTO message_fts (rowid, text, files, marks) SELECT id, text, files, marks FROM message_found;
