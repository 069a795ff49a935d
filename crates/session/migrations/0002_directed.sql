-- Addresses that were sent presence directly, one a line: they have to hear of the end.
ALTER TABLE session_resumption ADD COLUMN directed TEXT;
