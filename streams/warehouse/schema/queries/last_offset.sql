-- The newest offset of each partition that is in a table.
-- Grain: partition. Reader: a sink that starts without recorded progress. Cost: a scan of two columns of one engine.
SELECT log_partition, max(log_offset) AS log_offset
FROM {table:Identifier}
WHERE engine = {engine:String}
GROUP BY log_partition
