-- What waits, by kind: how many, how many of these could be done now, and since when the oldest of those could (UTC).
SELECT kind, count(*) AS waiting, count(*) FILTER (WHERE due_at <= unixepoch() * 1000) AS due,
       datetime(min(due_at) / 1000, 'unixepoch') AS oldest_due
FROM (SELECT kind, due_at FROM jobs INDEXED BY jobs_waiting WHERE waiting = 1 AND webhook_id IS NULL
      UNION ALL
      SELECT kind, due_at FROM jobs INDEXED BY jobs_deliveries_waiting WHERE waiting = 1 AND webhook_id IS NOT NULL)
GROUP BY kind ORDER BY waiting DESC;
