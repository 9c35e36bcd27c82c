-- The decisions on payments of one engine, in order of the log.
-- Grain: decision. Reader: the sink of outcomes, labels and disputes. Cost: a granule of 256 rows for each payment.
SELECT
    merchant_account, payment_id, attempt, toUnixTimestamp64Milli(t.decided_at) AS decided_at,
    toUnixTimestamp64Milli(t.engine_time) AS engine_time, verdict, decided_by, deciding_rule, hits, model, ruleset,
    amount, currency, reference_amount, merchant_id, merchant_country, mcc, channel, bin, issuer_country, challenger_model,
    challenger_verdict, champion_verdict, champion_model, probability, challenger_probability, champion_probability,
    shadow_hits, log_offset
FROM decided_payments AS t
WHERE engine = {engine:String} AND payment_id IN {ids:Array(String)}
ORDER BY log_partition, log_offset
