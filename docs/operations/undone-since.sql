-- Before the database is restored to SINCE (UTC, such as 2026-11-22 08:30:00): what was done since, all of which it undoes.
SELECT datetime(at / 1000, 'unixepoch') AS at, organization_id, actor, action, subject, before, after
FROM audit_events WHERE at >= unixepoch('SINCE') * 1000 ORDER BY at;
