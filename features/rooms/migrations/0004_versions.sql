-- Changes of affiliations by version (XEP-0463): who stood otherwise from then on.
CREATE TABLE rooms_change (
    room BIGINT NOT NULL,
    version BIGINT NOT NULL,
    jid TEXT NOT NULL,
    PRIMARY KEY (room, version)
);
-- What people are in a room beside affiliation and role (XEP-0317), and who is what.
CREATE TABLE rooms_hat (
    room BIGINT NOT NULL,
    uri TEXT NOT NULL,
    title TEXT NOT NULL,
    hue TEXT NOT NULL,
    PRIMARY KEY (room, uri)
);
CREATE TABLE rooms_worn (
    room BIGINT NOT NULL,
    jid TEXT NOT NULL,
    uri TEXT NOT NULL,
    PRIMARY KEY (room, jid, uri)
);
