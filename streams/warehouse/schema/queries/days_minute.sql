-- The days, as epoch seconds, for which there are aggregates of one engine, and how many rows.
-- Grain: day. Reader: the comparison with the log, to read in parts. Cost: one column of decisions_minute.
SELECT toUnixTimestamp(toStartOfDay(minute)) AS day, count() AS rows
FROM decisions_minute
WHERE engine = {engine:String}
GROUP BY day
ORDER BY day
