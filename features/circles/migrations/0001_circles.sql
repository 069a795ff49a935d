-- Sets of people. `keeper` is 1 for those who look after a circle.
CREATE TABLE circles_circle (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL
);
CREATE TABLE circles_person (
    circle TEXT NOT NULL,
    account BIGINT NOT NULL,
    jid TEXT NOT NULL,
    keeper BIGINT NOT NULL,
    PRIMARY KEY (circle, account)
);
CREATE INDEX circles_person_account ON circles_person (account, circle);
