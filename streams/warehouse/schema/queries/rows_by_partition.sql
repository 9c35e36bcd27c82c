-- How many rows of one engine a table holds, by partition of the log.
-- Grain: partition. Reader: a sink at its start, `tollgate status`. Cost: a scan of one column of one engine.
SELECT log_partition, count() AS rows
FROM {table:Identifier}
WHERE engine = {engine:String}
GROUP BY log_partition
