-- Before the database is restored to SINCE (UTC, such as 2026-11-22 08:30:00): prints the statements that say, after it was, which
-- mails have gone out, so that none goes out twice.
SELECT 'UPDATE jobs SET attempts = ' || attempts || ', done_at = ' || quote(done_at) || ', failed_at = ' || quote(failed_at)
       || ', failure = ' || quote(failure) || ', provider_message_id = ' || quote(provider_message_id)
       || ' WHERE id = ' || quote(id) || ' AND waiting = 1;' AS statement
FROM jobs
WHERE created_at < unixepoch('SINCE') * 1000 AND max(coalesce(done_at, 0), coalesce(failed_at, 0)) >= unixepoch('SINCE') * 1000
  AND kind NOT IN ('bulk_invite', 'hook_event', 'webhook_events', 'webhook_delivery')
UNION ALL
SELECT 'UPDATE invitations SET delivery = ' || quote(i.delivery) || ' WHERE id = ' || quote(i.id) || ' AND ver = ' || i.ver
       || ' AND delivery = ''queued'';'
FROM jobs j JOIN invitations i ON i.id = j.invitation_id AND i.ver = j.ver
WHERE j.created_at < unixepoch('SINCE') * 1000 AND max(coalesce(j.done_at, 0), coalesce(j.failed_at, 0)) >= unixepoch('SINCE') * 1000
  AND j.kind = 'invitation_email'
UNION ALL
SELECT 'UPDATE invitations SET reminded_at = ' || reminded_at || ' WHERE id = ' || quote(id) || ' AND reminded_at IS NULL;'
FROM invitations WHERE created_at < unixepoch('SINCE') * 1000 AND reminded_at >= unixepoch('SINCE') * 1000
UNION ALL
SELECT 'UPDATE invitations SET withdrawal_told_at = ' || withdrawal_told_at || ' WHERE id = ' || quote(id)
       || ' AND withdrawal_told_at IS NULL;'
FROM invitations WHERE created_at < unixepoch('SINCE') * 1000 AND withdrawal_told_at >= unixepoch('SINCE') * 1000;
