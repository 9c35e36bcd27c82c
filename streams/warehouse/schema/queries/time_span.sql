-- The engine times, in epoch milliseconds, between which the decisions of an engine lie.
-- Grain: one row. Reader: a sink that starts without recorded progress. Cost: a scan of one column of one engine.
SELECT count(), toUnixTimestamp64Milli(min(engine_time)), toUnixTimestamp64Milli(max(engine_time))
FROM decisions
WHERE engine = {engine:String}
