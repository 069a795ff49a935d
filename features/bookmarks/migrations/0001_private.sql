-- Private XML (XEP-0049): one element of each name and namespace.
CREATE TABLE bookmarks_private (
    account BIGINT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (account, namespace, name)
);
