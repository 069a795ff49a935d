-- The addresses that an account blocks, as its owner gave them.
CREATE TABLE blocking_address (
    account BIGINT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (account, address)
) WITHOUT ROWID;
-- What an account reported to the administrators. `ids` are the ids in the reporter's
-- archive, one a line; `text` is the reporter's own.
CREATE TABLE blocking_report (
    account BIGINT NOT NULL,
    at BIGINT NOT NULL,
    reported TEXT NOT NULL,
    reporter TEXT NOT NULL,
    reason TEXT NOT NULL,
    ids TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (account, at, reported)
) WITHOUT ROWID;
