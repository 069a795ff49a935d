-- A file is announced, uploaded and then served. `hash` is the content's, NULL until all of
-- it is there. `until` is when the announcement or the file goes, `latest` what its
-- owner wished at most. `secret` lets its holder
-- upload and remove.
CREATE TABLE upload_file (
    id BLOB NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    secret BLOB NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    shown BIGINT NOT NULL,
    size BIGINT NOT NULL,
    purpose BIGINT NOT NULL,
    created BIGINT NOT NULL,
    until BIGINT NOT NULL,
    latest BIGINT NOT NULL,
    hash BLOB
);
CREATE INDEX upload_file_account ON upload_file (account, size);
CREATE INDEX upload_file_open ON upload_file (account) WHERE hash IS NULL;
CREATE INDEX upload_file_until ON upload_file (until);
CREATE INDEX upload_file_hash ON upload_file (hash);
-- What is known of a content, however many files have it.
CREATE TABLE upload_content (
    hash BLOB NOT NULL PRIMARY KEY,
    width BIGINT,
    height BIGINT,
    duration BIGINT,
    thumbhash BLOB,
    blurhash TEXT,
    thumbnail BLOB,
    thumbnail_size BIGINT,
    thumbnail_kind TEXT
);
CREATE INDEX upload_content_thumbnail ON upload_content (thumbnail);
-- Contents that no file has any more; their blobs are still to be removed.
CREATE TABLE upload_gone (
    hash BLOB NOT NULL PRIMARY KEY
);
-- Bytes that an account announced on a day, counted in days since 1970.
CREATE TABLE upload_day (
    account BIGINT NOT NULL,
    day BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (account, day)
);
