-- Full-text search (XEP-0431). Words are made by the application (search/words.rs) and
-- separated by spaces, so both engines find the same: SQLite's tokenizer `ascii` takes
-- everything beyond ASCII for letters, and PostgreSQL's own parser is not asked. An
-- account's log is indexed when its owner searches.
CREATE TABLE archive_indexed (
    account BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL
);
-- only sqlite
CREATE TABLE archive_word (
    id INTEGER PRIMARY KEY,
    account BIGINT NOT NULL,
    seq BIGINT NOT NULL
);
CREATE UNIQUE INDEX archive_word_entry ON archive_word (account, seq);
CREATE VIRTUAL TABLE archive_words USING fts5 (
    owner, body, content = '', contentless_delete = 1, tokenize = 'ascii'
);
-- only postgres
CREATE TABLE archive_word (
    account BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    body TSVECTOR NOT NULL DEFAULT '',
    PRIMARY KEY (account, seq)
);
CREATE INDEX archive_word_body ON archive_word USING GIN (body);
