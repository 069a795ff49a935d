-- A room that was unlocked. Its number is random, so that a room made again under an old name
-- has nothing of the old one. `config` holds lines of option and value.
CREATE TABLE rooms_room (
    jid TEXT NOT NULL PRIMARY KEY,
    id BIGINT NOT NULL,
    host TEXT NOT NULL,
    listed BIGINT NOT NULL,
    title TEXT NOT NULL,
    config TEXT NOT NULL,
    subject TEXT NOT NULL,
    vcard TEXT NOT NULL
);
CREATE INDEX rooms_room_listed ON rooms_room (host, jid) WHERE listed <> 0;
-- Who stands how to a room, with the nickname that is kept for them. `delivered` is how far
-- in the room's log their clients have got it, `seen` how far they have read.
CREATE TABLE rooms_affiliation (
    room BIGINT NOT NULL,
    jid TEXT NOT NULL,
    affiliation BIGINT NOT NULL,
    nick TEXT NOT NULL,
    delivered BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    PRIMARY KEY (room, jid)
);
CREATE INDEX rooms_affiliation_jid ON rooms_affiliation (jid, room);
-- Rooms that are no more and whose logs are being removed.
CREATE TABLE rooms_gone (
    room BIGINT NOT NULL PRIMARY KEY
);
