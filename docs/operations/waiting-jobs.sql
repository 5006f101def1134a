-- What waits, by kind: how many; how many of these are put by until their webhook's receiver is asked again, which is as it should be;
-- how many of the others could be done now, and since when the oldest of those could (UTC).
SELECT kind, count(*) AS waiting, count(*) FILTER (WHERE put_by) AS put_by,
       count(*) FILTER (WHERE NOT put_by AND due_at <= unixepoch() * 1000) AS due,
       datetime(min(due_at) FILTER (WHERE NOT put_by) / 1000, 'unixepoch') AS oldest_due
FROM (SELECT kind, due_at, 0 AS put_by FROM jobs INDEXED BY jobs_waiting WHERE waiting = 1 AND webhook_id IS NULL
      UNION ALL
      SELECT kind, due_at, requeue_at = 253402300799999 FROM jobs INDEXED BY jobs_deliveries_waiting
      WHERE waiting = 1 AND webhook_id IS NOT NULL)
GROUP BY kind ORDER BY waiting DESC;
