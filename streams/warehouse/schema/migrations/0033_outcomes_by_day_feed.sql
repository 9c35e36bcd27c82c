-- Feeds outcomes_by_day from every block inserted into outcomes.
CREATE MATERIALIZED VIEW IF NOT EXISTS outcomes_by_day_feed TO outcomes_by_day AS
SELECT
    engine,
    toDate(cohort_at) AS day,
    each.1 AS dimension,
    each.2 AS value,
    verdict,
    challenged,
    kind,
    decline_group,
    toInt64(count()) AS events,
    toInt64(countIf(first_of_kind)) AS payments,
    sum(toInt128(reference_amount)) AS reference_amount
FROM outcomes
ARRAY JOIN arrayConcat(
        [('all', ''), ('merchant', merchant_id), ('merchant_country', toString(merchant_country)), ('issuer_country', toString(issuer_country)),
         ('bin', toString(bin)), ('mcc', toString(mcc)), ('channel', toString(channel)), ('model', toString(model)),
         ('decided_by', toString(decided_by)), ('rule', toString(deciding_rule))],
        arrayMap(hit -> ('hit', toString(hit)), hits)) AS each
WHERE NOT repeated
GROUP BY engine, day, dimension, value, verdict, challenged, kind, decline_group
