-- How full the queue is, how many people are at work, and what the engine was told last.
-- Grain: one row.  Reader: the load report, every few seconds.  Cost: the open reviews of the engine.
SELECT
    (SELECT count(*) FROM reviews WHERE engine = %(engine)s AND state IN ('waiting', 'second')) AS waiting,
    (SELECT count(*) FROM review_runs WHERE engine = %(engine)s) AS people_ever,
    (SELECT count(*) FROM review_runs WHERE engine = %(engine)s AND active_at > %(present_since)s) AS people,
    told.waiting AS told_waiting, told.capacity_per_hour AS told_capacity, told.told_at
FROM (SELECT) AS nothing LEFT JOIN review_load_told AS told ON told.engine = %(engine)s
