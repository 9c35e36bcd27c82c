-- How many rows of one range are in a table: all of them or none, since a range is one block and one part.
-- Grain: one row. Reader: a sink that repeats a range. Cost: the granules whose offset range overlaps the range, or their projection.
SELECT count() AS rows, uniqExact(log_offset) AS offsets
FROM {table:Identifier}
WHERE engine = {engine:String}
  AND log_topic = {topic:String}
  AND log_partition = {partition:UInt32}
  AND log_offset >= {start:UInt64}
  AND log_offset < {end:UInt64}
