-- The rows of dead_letters between two offsets of the log, as plain columns: times in epoch ms, the payload as a hash.
-- Grain: message. Reader: the comparison with the log. Cost: the granules whose offset range overlaps.
SELECT
    log_offset,
    topic,
    partition,
    offset,
    toUnixTimestamp64Milli(received_at) AS received_at,
    toUnixTimestamp64Milli(decided_at) AS decided_at,
    reason,
    detail,
    payload_bytes,
    payload_sha256,
    if(isNull(payload), NULL, lower(hex(SHA256(assumeNotNull(payload))))) AS payload_hash,
    masked,
    merchant_account,
    payment_id,
    answered
FROM dead_letters AS t
WHERE engine = {engine:String}
  AND log_partition = {partition:UInt32}
  AND log_offset >= {start:UInt64}
  AND log_offset < {end:UInt64}
ORDER BY log_offset
