-- Dead letters of a reason, or of all, the newest first. Bytes in hexadecimal, so that each is what it was.
-- Grain: one refused message.
-- Reader: operators.
-- Cost: a scan of dead_letters of one engine; payloads of the rows given only.
SELECT topic, partition, offset, received_at, reason, detail, payload_bytes, payload_sha256, if(isNull(payload), NULL, hex(payload)) AS payload_hex,
    masked, merchant_account, payment_id, answered, log_offset
FROM dead_letters
WHERE engine = {engine:String} AND ({reason:String} = '' OR reason = {reason:String}) AND log_offset < {before:UInt64}
    AND (empty({accounts:Array(String)}))
ORDER BY log_offset DESC
LIMIT {most:UInt32}
