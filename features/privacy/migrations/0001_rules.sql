-- Who may see what; an aspect without a row is as it was at the beginning.
CREATE TABLE privacy_rule (
    account BIGINT NOT NULL,
    aspect TEXT NOT NULL,
    viewers TEXT NOT NULL,
    PRIMARY KEY (account, aspect)
) WITHOUT ROWID;
CREATE TABLE privacy_chosen (
    account BIGINT NOT NULL,
    aspect TEXT NOT NULL,
    peer TEXT NOT NULL,
    PRIMARY KEY (account, aspect, peer)
) WITHOUT ROWID;
CREATE INDEX privacy_chosen_peer ON privacy_chosen (peer);
-- How an account stands to somebody who is no contact: 0 they wait for its decision, 1 it
-- knows them, 2 it declined. Of an invitation `peer` is the room and `inviter` who invites;
-- else `inviter` is empty.
CREATE TABLE privacy_stranger (
    account BIGINT NOT NULL,
    peer TEXT NOT NULL,
    standing BIGINT NOT NULL,
    inviter TEXT NOT NULL,
    since BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (account, peer)
) WITHOUT ROWID;
CREATE INDEX privacy_stranger_peer ON privacy_stranger (peer);
