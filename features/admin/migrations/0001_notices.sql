-- What administrators tell people when they come: `kind` 0 is the message of the day, 1 the
-- welcome to new accounts.
CREATE TABLE admin_notice (
    kind BIGINT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    at BIGINT NOT NULL
);
-- Which of them an account has got.
CREATE TABLE admin_told (
    account BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, kind)
) WITHOUT ROWID;
-- Which administrator gave which command about whom.
CREATE TABLE admin_audit (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    administrator TEXT NOT NULL,
    command TEXT NOT NULL,
    subjects TEXT NOT NULL
);
CREATE INDEX admin_audit_at ON admin_audit (at);
