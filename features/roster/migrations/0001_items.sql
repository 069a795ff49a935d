-- One row for each contact. `state` holds the bits of the subscription (rules.rs);
-- `removed` rows remember a deletion for roster versioning (XEP-0237).
CREATE TABLE roster_item (
    account BIGINT NOT NULL,
    contact TEXT NOT NULL,
    name TEXT NOT NULL,
    groups TEXT NOT NULL,
    state BIGINT NOT NULL,
    listed BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    version BIGINT NOT NULL,
    request TEXT,
    PRIMARY KEY (account, contact)
) WITHOUT ROWID;
CREATE TABLE roster_head (
    account BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    floor BIGINT NOT NULL
);
