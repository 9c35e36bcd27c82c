-- The dead letters of messages at these places.
-- Grain: one refused message.
-- Reader: operators.
-- Cost: a scan of dead_letters of one engine; payloads of the rows given only.
SELECT topic, partition, offset, received_at, reason, detail, payload_bytes, payload_sha256, if(isNull(payload), NULL, hex(payload)) AS payload_hex,
    masked, merchant_account, payment_id, answered, log_offset
FROM dead_letters
WHERE engine = {engine:String} AND topic = {topic:String} AND partition = {partition:UInt32} AND offset IN {offsets:Array(UInt64)}
    AND (empty({accounts:Array(String)}))
ORDER BY log_offset
LIMIT 1 BY topic, partition, offset
LIMIT 500
