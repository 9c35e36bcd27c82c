-- The rows of decisions between two offsets of the log, as plain columns: times in epoch ms, lists joined by \x1f.
-- Grain: message. Reader: the comparison with the log. Cost: the granules whose offset range overlaps.
SELECT
    log_offset,
    sequence,
    merchant_account,
    payment_id,
    attempt,
    phase,
    verdict,
    probability,
    score,
    arrayStringConcat(hits, '\x1f') AS hits,
    amount,
    currency,
    reference_amount,
    method,
    merchant_id,
    merchant_country,
    toUnixTimestamp64Milli(occurred_at) AS occurred_at,
    toUnixTimestamp64Milli(received_at) AS received_at,
    toUnixTimestamp64Milli(t.engine_time) AS engine_time,
    toUnixTimestamp64Milli(decided_at) AS decided_at,
    latency_ms,
    model,
    ruleset,
    policy,
    catalogue,
    duplicate,
    arrayStringConcat(degraded, '\x1f') AS degraded,
    decided_by,
    level,
    arrayStringConcat(tags, '\x1f') AS tags,
    arrayStringConcat(shadow_hits, '\x1f') AS shadow_hits,
    arrayStringConcat(reasons, '\x1f') AS reasons,
    propensity,
    sca,
    sca_exemption,
    liability,
    challenger_model,
    challenger_probability,
    challenger_verdict,
    champion_model,
    champion_probability,
    champion_verdict,
    arrayStringConcat(redacted, '\x1f') AS redacted
FROM decisions AS t
WHERE engine = {engine:String}
  AND log_partition = {partition:UInt32}
  AND log_offset >= {start:UInt64}
  AND log_offset < {end:UInt64}
ORDER BY log_offset
