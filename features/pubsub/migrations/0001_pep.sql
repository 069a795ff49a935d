-- Nodes of accounts. `config` holds the options that differ from the default, one a line.
CREATE TABLE pep_node (
    account BIGINT NOT NULL,
    node TEXT NOT NULL,
    config TEXT NOT NULL,
    PRIMARY KEY (account, node)
) WITHOUT ROWID;
-- Items of nodes; a higher `seq` was published later.
CREATE TABLE pep_item (
    account BIGINT NOT NULL,
    node TEXT NOT NULL,
    id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (account, node, id)
);
CREATE INDEX pep_item_seq ON pep_item (account, node, seq);
