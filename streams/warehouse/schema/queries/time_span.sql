-- The times, in epoch milliseconds, between which the rows of an engine lie that are added up.
-- Grain: one row. Reader: a sink that starts without recorded progress. Cost: a scan of one column of one engine.
SELECT count(), toUnixTimestamp64Milli(min({column:Identifier})), toUnixTimestamp64Milli(max({column:Identifier}))
FROM {table:Identifier}
WHERE engine = {engine:String}
