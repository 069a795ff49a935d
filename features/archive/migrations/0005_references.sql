-- Retractions and markers find the message that they mean by its id, however long the
-- conversation is.
DROP INDEX archive_log_peer;
CREATE INDEX archive_log_peer ON archive_log (account, peer, seq);
CREATE INDEX archive_log_ref ON archive_log (account, ref, peer, seq);
