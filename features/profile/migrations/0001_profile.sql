-- The hash of an account's avatar, for its presence; no row without an avatar.
CREATE TABLE profile_photo (
    account BIGINT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL
);
-- The vCard as a client of XEP-0054 wrote it, without its photo, as long as no vCard 4 has
-- been published since.
CREATE TABLE profile_vcard (
    account BIGINT NOT NULL PRIMARY KEY,
    payload TEXT NOT NULL
);
