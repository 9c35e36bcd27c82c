-- What the engine read and answered, by minute; the last three hours of its own time, the unfinished minute left out.
-- Grain: minute of engine time.
-- Reader: operators.
-- Cost: the times of the journal of one engine, and the granules of three hours of it, found by the range of times of each.
WITH toStartOfMinute((SELECT max(engine_time) FROM journal WHERE engine = {engine:String})) AS newest
SELECT minute, batches, payments, decisions, duplicates, refusals, dead_letters, late, degraded
FROM v_journal
WHERE engine = {engine:String} AND minute > newest - INTERVAL 3 HOUR AND minute < newest AND (empty({accounts:Array(String)}))
ORDER BY minute
LIMIT 200
