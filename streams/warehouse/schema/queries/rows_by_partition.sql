-- How many rows of one engine a table holds, by topic and partition of the log.
-- Grain: partition. Reader: a sink at its start, `tollgate status`. Cost: a scan of two columns of one engine.
SELECT log_topic, log_partition, count() AS rows
FROM {table:Identifier}
WHERE engine = {engine:String}
GROUP BY log_topic, log_partition
