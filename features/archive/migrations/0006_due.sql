-- Messages with a timer, and when they go.
CREATE TABLE archive_due (
    message BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX archive_due_at ON archive_due (at, message);
-- Messages that no log shows, under a name that who keeps them knows.
CREATE TABLE archive_aside (
    name BLOB NOT NULL PRIMARY KEY,
    message BIGINT NOT NULL
);
CREATE INDEX archive_aside_message ON archive_aside (message);
