-- A message body stands once, however many logs name it. On SQLite the number is the row's
-- own, so that writing appends and reading needs no second index.
-- only sqlite
CREATE TABLE archive_message (
    id INTEGER PRIMARY KEY,
    stanza TEXT NOT NULL
);
-- only postgres
CREATE TABLE archive_message (
    id BIGINT NOT NULL PRIMARY KEY,
    stanza TEXT NOT NULL
);
-- both
-- The log of each account: `seq` has no gaps, `at` never goes back, `peer` is a keyed
-- hash of the other address, `ref` a keyed hash of the sender's message id.
CREATE TABLE archive_log (
    account BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    message BIGINT NOT NULL,
    peer BIGINT NOT NULL,
    at BIGINT NOT NULL,
    flags BIGINT NOT NULL,
    ref BIGINT NOT NULL,
    PRIMARY KEY (account, seq)
) WITHOUT ROWID;
CREATE INDEX archive_log_peer ON archive_log (account, peer, seq, ref);
CREATE INDEX archive_log_owed ON archive_log (account, seq) WHERE (flags & 4) <> 0;
CREATE INDEX archive_log_message ON archive_log (message);
-- Where a log goes on when its newest entries were removed.
CREATE TABLE archive_head (
    account BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL
);
-- What clients that count acknowledgements sent lately, to know a repetition.
CREATE TABLE archive_sent (
    account BIGINT NOT NULL,
    hash BIGINT NOT NULL,
    session BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, hash)
) WITHOUT ROWID;
CREATE TABLE archive_preferences (
    account BIGINT NOT NULL PRIMARY KEY,
    normally TEXT NOT NULL,
    always TEXT NOT NULL,
    never TEXT NOT NULL
);
-- How far the owner has read each conversation.
CREATE TABLE archive_read (
    account BIGINT NOT NULL,
    peer BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (account, peer)
) WITHOUT ROWID;
