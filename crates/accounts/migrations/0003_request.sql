-- Why somebody asks for an account: one row as long as the account waits for approval. Without a
-- reason the text is empty.
CREATE TABLE account_request (
    account BIGINT NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL
);
INSERT INTO account_request (account, reason) SELECT id, '' FROM account_account WHERE state = 2;
