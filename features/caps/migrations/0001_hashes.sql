-- What clients of a hash can do: the nodes of which they want to be notified, one a line.
-- Only answers that bore out their hash stand here.
CREATE TABLE caps_hash (
    ver TEXT NOT NULL PRIMARY KEY,
    nodes TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX caps_hash_at ON caps_hash (at);
