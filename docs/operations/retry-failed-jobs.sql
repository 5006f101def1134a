-- Has everything done again that failed for the reason FAILURE since SINCE (UTC, such as 2026-11-22 08:30:00). What is no longer to
-- be told is not told: a job looks at its invitation again. Deliveries to webhooks are replayed by the API instead.
UPDATE invitations SET delivery = 'queued'
WHERE delivery = 'failed' AND (id, ver) IN (
  SELECT invitation_id, ver FROM jobs
  WHERE failed_at >= unixepoch('SINCE') * 1000 AND failure = 'FAILURE' AND kind = 'invitation_email');
UPDATE jobs SET failed_at = NULL, failure = NULL, attempts = 0, due_at = unixepoch() * 1000, requeue_at = unixepoch() * 1000
WHERE failed_at >= unixepoch('SINCE') * 1000 AND failure = 'FAILURE' AND kind <> 'webhook_delivery';
