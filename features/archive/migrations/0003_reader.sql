-- Devices that read the archive themselves, by a keyed hash of what tells the device, and
-- when they last did.
CREATE TABLE archive_reader (
    account BIGINT NOT NULL,
    device BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, device)
) WITHOUT ROWID;
CREATE INDEX archive_reader_at ON archive_reader (at);
