-- On SQLite an entry is sorted by conversation and by the id of its message when somebody asks
-- so (conversations.rs), many at a time, and not as it is written: each of these indexes cost a
-- page of its own for every entry. Bit 16 is set where that is still to be done. By the id they
-- are sorted within 4,096 entries each, so that those that are sorted together lie together.
-- PostgreSQL writes less for an entry of an index, and keeps them at once.
-- only sqlite
DROP INDEX archive_log_peer;
DROP INDEX archive_log_ref;
CREATE INDEX archive_log_peer ON archive_log (account, peer, seq) WHERE (flags & 16) = 0;
CREATE INDEX archive_log_ref ON archive_log (account, seq / 4096, ref, peer, seq)
    WHERE (flags & 16) = 0;
-- both
