-- When an account's last session ended (XEP-0012), in microseconds.
CREATE TABLE basics_last (
    account BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
