-- Which uploaded files a message names, and files whose last message is gone: whoever
-- stores them has still to be told.
CREATE TABLE archive_names (
    message BIGINT NOT NULL,
    file BLOB NOT NULL,
    PRIMARY KEY (message, file)
) WITHOUT ROWID;
CREATE INDEX archive_names_file ON archive_names (file);
CREATE TABLE archive_unnamed (
    file BLOB NOT NULL PRIMARY KEY
);
