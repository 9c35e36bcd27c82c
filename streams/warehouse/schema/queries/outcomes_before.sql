-- The outcomes of payments of one engine that were sunk before a place of the log.
-- Grain: outcome. Reader: the sink of outcomes. Cost: a granule of 512 rows for each payment.
SELECT merchant_account, payment_id, attempt, what AS kind, toUnixTimestamp64Milli(t.at) AS at
FROM timeline AS t
WHERE engine = {engine:String} AND token IN {ids:Array(String)} AND entity = 'payment' AND event = 'outcome'
  AND NOT (log_topic = {topic:String} AND log_partition = {partition:UInt32} AND log_offset >= {start:UInt64})
