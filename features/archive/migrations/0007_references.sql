-- The id of a message stands once for all logs that it is in, beside each other: writing a
-- message touches one page of this index and not one for each of its logs.
DROP INDEX archive_log_ref;
CREATE INDEX archive_log_ref ON archive_log (ref, account, peer, seq);
