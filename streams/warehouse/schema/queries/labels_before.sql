-- The labels of payments of one engine that were sunk before a place of the log, in order of the log.
-- Grain: label. Reader: the sink of labels. Cost: a granule of 256 rows for each payment.
SELECT
    merchant_account, payment_id, attempt, label, strength, toUnixTimestamp64Milli(t.known_at) AS known_at,
    toUnixTimestamp64Milli(t.appended_at) AS appended_at
FROM labels AS t
WHERE engine = {engine:String} AND payment_id IN {ids:Array(String)}
  AND NOT (log_topic = {topic:String} AND log_partition = {partition:UInt32} AND log_offset >= {start:UInt64})
ORDER BY t.appended_at, log_topic, log_partition, log_offset
