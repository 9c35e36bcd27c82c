-- The stages of disputes of payments of one engine that were sunk before a place of the log.
-- Grain: stage of a dispute. Reader: the sink of disputes. Cost: a granule of 1,024 rows for each payment.
SELECT merchant_account, payment_id, attempt, dispute_id, stage
FROM disputes
WHERE engine = {engine:String} AND payment_id IN {ids:Array(String)}
  AND NOT (log_topic = {topic:String} AND log_partition = {partition:UInt32} AND log_offset >= {start:UInt64})
