-- Feeds labels_by_day from every block inserted into labels: what changes nothing is left out.
CREATE MATERIALIZED VIEW IF NOT EXISTS labels_by_day_feed TO labels_by_day AS
SELECT
    engine,
    toDate(cohort_at) AS day,
    age_days,
    each.1 AS dimension,
    each.2 AS value,
    verdict,
    each.3 AS label,
    sum(toInt64(each.4)) AS payments,
    sum(toInt128(each.4) * payment_reference_amount) AS reference_amount
FROM labels
ARRAY JOIN arrayFlatten(arrayMap(moved -> arrayMap(by -> (by.1, by.2, moved.1, moved.2),
    arrayConcat(
        [('all', ''), ('merchant', merchant_id), ('merchant_country', toString(merchant_country)), ('issuer_country', toString(issuer_country)),
         ('bin', toString(bin)), ('mcc', toString(mcc)), ('channel', toString(channel)), ('model', toString(model)),
         ('decided_by', toString(decided_by)), ('rule', toString(deciding_rule))],
        arrayMap(hit -> ('hit', toString(hit)), hits))),
    arrayFilter(moved -> moved.1 != '', [(toString(stood_before), -1), (toString(stands_after), 1)]))) AS each
WHERE stood_before != stands_after
GROUP BY engine, day, age_days, dimension, value, verdict, label
