-- Nodes of accounts, and of services under numbers below zero. `config` holds the options that
-- differ from the default, `name=value`, one a line; `creator` is empty for an account's own.
CREATE TABLE pubsub_node (
    owner BIGINT NOT NULL,
    node TEXT NOT NULL,
    config TEXT NOT NULL,
    creator TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (owner, node)
) WITHOUT ROWID;
CREATE INDEX pubsub_node_creator ON pubsub_node (owner, creator);
-- Items of nodes; a higher `seq` was published later. The payload stands last, for it is long.
CREATE TABLE pubsub_item (
    owner BIGINT NOT NULL,
    node TEXT NOT NULL,
    id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    at BIGINT NOT NULL,
    expires BIGINT,
    publisher TEXT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (owner, node, id)
);
CREATE INDEX pubsub_item_seq ON pubsub_item (owner, node, seq);
CREATE INDEX pubsub_item_expires ON pubsub_item (expires) WHERE expires IS NOT NULL;
-- Who stands how to a node; a bare address.
CREATE TABLE pubsub_affiliation (
    owner BIGINT NOT NULL,
    node TEXT NOT NULL,
    jid TEXT NOT NULL,
    affiliation TEXT NOT NULL,
    PRIMARY KEY (owner, node, jid)
) WITHOUT ROWID;
CREATE INDEX pubsub_affiliation_jid ON pubsub_affiliation (jid, owner);
-- Who is subscribed; `jid` may be a full address, `bare` is the account.
CREATE TABLE pubsub_subscription (
    owner BIGINT NOT NULL,
    node TEXT NOT NULL,
    jid TEXT NOT NULL,
    bare TEXT NOT NULL,
    state TEXT NOT NULL,
    deliver BIGINT NOT NULL,
    PRIMARY KEY (owner, node, jid)
) WITHOUT ROWID;
CREATE INDEX pubsub_subscription_bare ON pubsub_subscription (bare, owner);
-- What was published while there were personal nodes only; 256 stood for all that may be.
INSERT INTO pubsub_node (owner, node, config, creator, bytes)
    SELECT n.account, n.node, REPLACE(n.config, 'max_items=256', 'max_items=max'), '',
        (SELECT COALESCE(SUM(LENGTH(i.payload)), 0) FROM pep_item i WHERE i.account = n.account AND i.node = n.node)
    FROM pep_node n;
INSERT INTO pubsub_item (owner, node, id, seq, bytes, at, publisher, payload)
    SELECT account, node, id, seq, LENGTH(payload), 0, '', payload FROM pep_item;
DROP TABLE pep_item;
DROP TABLE pep_node;
