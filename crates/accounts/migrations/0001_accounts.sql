-- `state`: 0 active, 1 suspended, 2 waiting for approval, 3 removed. A removed account keeps its row
-- so that its name rests; `erased` says that the features have deleted what they held of it.
CREATE TABLE account_account (
    id BIGINT NOT NULL PRIMARY KEY,
    jid TEXT NOT NULL,
    state BIGINT NOT NULL,
    admin BIGINT NOT NULL,
    created BIGINT NOT NULL,
    last_login BIGINT NOT NULL,
    invited_by BIGINT,
    removed BIGINT,
    erased BIGINT NOT NULL
);
CREATE UNIQUE INDEX account_account_jid ON account_account (jid);
CREATE INDEX account_account_removed ON account_account (removed);
-- Ids are never used again, so that nothing a removed account left behind meets a new one.
CREATE TABLE account_counter (
    one BIGINT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);
-- What SCRAM (RFC 5802) needs, one row for each hash (1, 256, 512); never a password.
CREATE TABLE account_credential (
    account BIGINT NOT NULL,
    hash BIGINT NOT NULL,
    salt BLOB NOT NULL,
    iterations BIGINT NOT NULL,
    stored_key BLOB NOT NULL,
    server_key BLOB NOT NULL,
    PRIMARY KEY (account, hash)
) WITHOUT ROWID;
-- Login tokens (XEP-0484). Two for each client: `fresh` 0 is in use, 1 was handed out and not used yet.
CREATE TABLE account_token (
    account BIGINT NOT NULL,
    client TEXT NOT NULL,
    fresh BIGINT NOT NULL,
    token TEXT NOT NULL,
    mechanism TEXT NOT NULL,
    issued BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (account, client, fresh)
) WITHOUT ROWID;
CREATE TABLE account_device (
    account BIGINT NOT NULL,
    client TEXT NOT NULL,
    software TEXT NOT NULL,
    device TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    PRIMARY KEY (account, client)
) WITHOUT ROWID;
-- `jid` is the whole address if the name is reserved, else the domain.
CREATE TABLE account_invite (
    token TEXT NOT NULL PRIMARY KEY,
    contact BIGINT NOT NULL,
    inviter BIGINT,
    subscribe BIGINT NOT NULL,
    admin BIGINT NOT NULL,
    jid TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    uses BIGINT NOT NULL
);
CREATE INDEX account_invite_inviter ON account_invite (inviter);
CREATE INDEX account_invite_jid ON account_invite (jid);
-- The secret from which the server derives what must stay the same over restarts.
CREATE TABLE account_secret (
    one BIGINT NOT NULL PRIMARY KEY,
    secret BLOB NOT NULL
);
