-- What failed for good in the last week: which jobs, why, how many, from when to when (UTC).
SELECT kind, failure, count(*) AS jobs,
       datetime(min(failed_at) / 1000, 'unixepoch') AS first, datetime(max(failed_at) / 1000, 'unixepoch') AS last
FROM jobs WHERE failed_at >= (unixepoch() - 7 * 86400) * 1000
GROUP BY kind, failure ORDER BY jobs DESC;
