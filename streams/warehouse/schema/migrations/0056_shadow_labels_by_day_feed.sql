-- Feeds shadow_labels_by_day from every block inserted into labels: what changes nothing is left out.
CREATE MATERIALIZED VIEW IF NOT EXISTS shadow_labels_by_day_feed TO shadow_labels_by_day AS
SELECT
    engine,
    toDate(l.cohort_at) AS day,
    merchant_account,
    each.1 AS rule,
    verdict,
    each.2 AS label,
    toInt64(sum(each.3)) AS payments,
    sum(toInt128(each.3) * l.payment_reference_amount) AS reference_amount
FROM labels AS l
ARRAY JOIN arrayFlatten(arrayMap(moved -> arrayMap(hit -> (toString(hit), moved.1, moved.2), l.shadow_hits),
    arrayFilter(moved -> moved.1 != '', [(toString(l.stood_before), -1), (toString(l.stands_after), 1)]))) AS each
WHERE l.stood_before != l.stands_after
GROUP BY engine, day, merchant_account, rule, verdict, label
