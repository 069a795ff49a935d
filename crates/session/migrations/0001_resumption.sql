-- What a client needs to hear of a session that this process does not hold any more:
-- the exact number of its stanzas that were handled, and, after a graceful stop, the
-- whole state that lets it resume.
CREATE TABLE session_resumption (
    previd TEXT NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    jid TEXT NOT NULL,
    device TEXT NOT NULL,
    session BIGINT NOT NULL,
    handled BIGINT NOT NULL,
    -- how far the client acknowledged its log, a little late; after a crash the rest is owed
    delivered BIGINT NOT NULL,
    until BIGINT NOT NULL,
    flags BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    presence TEXT,
    acked BIGINT,
    owed TEXT
);
CREATE INDEX session_resumption_account ON session_resumption (account);
