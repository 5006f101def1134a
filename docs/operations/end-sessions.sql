-- Signs everybody out, everywhere.
UPDATE sessions SET ended_at = unixepoch() * 1000 WHERE ended_at IS NULL AND expires_at > unixepoch() * 1000;
DELETE FROM pending_sessions;
