-- The newest offset of each partition of a topic that is in a table.
-- Grain: partition. Reader: a sink that starts without recorded progress, a rebuild. Cost: a scan of three columns of one engine.
SELECT log_partition, max(log_offset) AS log_offset
FROM {table:Identifier}
WHERE engine = {engine:String} AND log_topic = {topic:String}
GROUP BY log_partition
