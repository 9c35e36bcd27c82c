-- The offset after the newest decision of a partition that knows its payment, received before a time; 0 where there is none.
-- Grain: one row. Reader: a rebuild. Cost: a scan of four columns of one engine.
SELECT if(count() = 0, 0, max(log_offset) + 1) AS begin
FROM {table:Identifier} AS t
WHERE engine = {engine:String} AND log_topic = 'decisions' AND log_partition = {partition:UInt32}
  AND payment_known AND t.received_at < fromUnixTimestamp64Milli({since:Int64}, 'UTC')
