-- Feeds decisions_by_minute from every block inserted into decisions: each decision goes to its own cells, and takes its
-- payment out of those of the decision that it replaces.
CREATE MATERIALIZED VIEW IF NOT EXISTS decisions_by_minute_feed TO decisions_by_minute AS
SELECT
    d.engine AS engine,
    toStartOfMinute(d.engine_time) AS minute,
    each.1 AS dimension,
    each.2 AS value,
    each.3 AS verdict,
    d.currency AS currency,
    toInt64(sum(each.4)) AS decisions,
    sum(toInt128(each.4) * d.amount) AS amount,
    sum(toInt128(each.4) * d.reference_amount) AS reference_amount,
    toInt64(sum(each.5)) AS payments,
    sum(toInt128(each.5) * if(each.5 > 0, d.reference_amount, d.superseded_reference_amount)) AS payments_reference_amount,
    toInt64(sumIf(each.4, d.probability IS NOT NULL)) AS scored,
    sum(each.4 * toInt64(round(ifNull(d.probability, 0) * 1000000))) AS probability_millionths,
    toInt64(sumIf(each.4, notEmpty(d.degraded))) AS degraded,
    toInt64(sumIf(each.4, d.late)) AS late
FROM decisions AS d
ARRAY JOIN arrayConcat(
    arrayMap(by -> (by.1, by.2, toString(d.verdict), 1, 1),
        arrayConcat(
            [('all', ''), ('merchant', d.merchant_id), ('merchant_country', toString(d.merchant_country)),
             ('issuer_country', toString(d.issuer_country)), ('bin', toString(d.bin)), ('mcc', toString(d.mcc)),
             ('channel', toString(d.channel)), ('model', toString(d.model)), ('decided_by', toString(d.decided_by)),
             ('rule', toString(d.deciding_rule))],
            arrayMap(hit -> ('hit', toString(hit)), d.hits))),
    arrayMap(by -> (by.1, by.2, toString(d.superseded_verdict), 0, -1), arrayFilter(by -> d.superseded_verdict != '',
        arrayConcat(
            [('all', ''), ('merchant', d.merchant_id), ('merchant_country', toString(d.merchant_country)),
             ('issuer_country', toString(d.issuer_country)), ('bin', toString(d.bin)), ('mcc', toString(d.mcc)),
             ('channel', toString(d.channel)), ('model', toString(d.superseded_model)), ('decided_by', toString(d.superseded_decided_by)),
             ('rule', toString(d.superseded_rule))],
            arrayMap(hit -> ('hit', toString(hit)), d.superseded_hits))))) AS each
WHERE NOT d.duplicate
GROUP BY engine, minute, dimension, value, verdict, currency
