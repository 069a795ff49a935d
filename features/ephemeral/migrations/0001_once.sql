-- Who may open, or opened, which message that can be viewed once. The content is set aside
-- under its name by who keeps the logs; the row stays until then to say that it is gone.
CREATE TABLE ephemeral_once (
    name BLOB NOT NULL,
    account BIGINT NOT NULL,
    opened BIGINT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (name, account)
);
CREATE INDEX ephemeral_once_until ON ephemeral_once (until);
