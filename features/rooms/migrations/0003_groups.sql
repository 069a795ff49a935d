-- Under which words the directory has a room: lower case, a line each.
ALTER TABLE rooms_room ADD COLUMN words TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX rooms_room_id ON rooms_room (id);
-- For whose people rooms are there that have an address of the server; the circle '' is
-- everybody.
CREATE TABLE rooms_circle (
    circle TEXT NOT NULL,
    room BIGINT NOT NULL,
    PRIMARY KEY (circle, room)
);
CREATE INDEX rooms_circle_room ON rooms_circle (room);
-- Who asks to be let in.
CREATE TABLE rooms_request (
    room BIGINT NOT NULL,
    jid TEXT NOT NULL,
    nick TEXT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (room, jid)
);
CREATE INDEX rooms_request_jid ON rooms_request (jid, room);
-- Links that let people in. `uses` 0 is any number.
CREATE TABLE rooms_link (
    token TEXT NOT NULL PRIMARY KEY,
    room BIGINT NOT NULL,
    maker TEXT NOT NULL,
    expires BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    used BIGINT NOT NULL
);
CREATE INDEX rooms_link_room ON rooms_link (room, expires);
CREATE INDEX rooms_link_expires ON rooms_link (expires);
-- Messages that are pinned, by their ids in the room's log.
CREATE TABLE rooms_pin (
    room BIGINT NOT NULL,
    id TEXT NOT NULL,
    pinned_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (room, id)
);
-- Who may make rooms at a host, since an administrator switched it.
CREATE TABLE rooms_policy (
    host TEXT NOT NULL PRIMARY KEY,
    creation TEXT NOT NULL,
    creators TEXT NOT NULL
);
