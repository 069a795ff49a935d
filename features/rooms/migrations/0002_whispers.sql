-- How many whispers of one person to another in a room were not answered, or -1 once they
-- were. `sender` and `receiver` are keyed hashes: the table names nobody.
CREATE TABLE rooms_whisper (
    room BIGINT NOT NULL,
    sender BIGINT NOT NULL,
    receiver BIGINT NOT NULL,
    unanswered BIGINT NOT NULL,
    begun BIGINT NOT NULL,
    PRIMARY KEY (room, sender, receiver)
);
