-- Dead letters of a reason, or of all, the newest first, without their bytes.
-- Grain: one refused message.
-- Reader: the CSV of operators, a piece at a time.
-- Cost: a scan of dead_letters of one engine, without its payloads.
SELECT received_at, topic, partition, offset, reason, detail, merchant_account, payment_id, payload_bytes, payload_sha256, log_offset
FROM dead_letters
WHERE engine = {engine:String} AND ({reason:String} = '' OR reason = {reason:String}) AND log_offset < {before:UInt64}
    AND (empty({accounts:Array(String)}))
ORDER BY log_offset DESC
LIMIT {most:UInt32}
