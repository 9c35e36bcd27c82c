-- Grain: one attempt that is a row of its own in a report. Begins with attempts.sql.
-- Reader: the daily fraud report.
-- Cost: that of attempts.sql; few rows, since most payments are plain.
SELECT
    merchant_account, merchant_id, merchant_country, method, scheme, bin, at_terminal, amount, currency,
    reference_amount, toUnixTimestamp64Milli(occurred_at) AS occurred, toUnixTimestamp64Milli(engine_time) AS decided,
    verdict, decided_by, hits, ruleset, model, probability_micro, degraded, shifted_before, authenticated,
    ifNull(toUnixTimestamp64Milli(authorised), -1) AS authorised_ms,
    ifNull(toUnixTimestamp64Milli(issuer_refused), -1) AS declined_ms,
    ifNull(toUnixTimestamp64Milli(first_captured), -1) AS captured_ms,
    captured, refunded, voided, label, if(label = '', -1, toUnixTimestamp64Milli(known_at)) AS known_ms,
    if(label = 'fraud', ifNull(toUnixTimestamp64Milli(first_fraud), -1), -1) AS fraud_known_ms
FROM attempts
WHERE NOT plain
