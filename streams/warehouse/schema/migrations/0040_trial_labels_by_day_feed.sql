-- Feeds trial_labels_by_day from every block inserted into labels: what changes nothing is left out.
CREATE MATERIALIZED VIEW IF NOT EXISTS trial_labels_by_day_feed TO trial_labels_by_day AS
SELECT
    engine,
    toDate(t.cohort_at) AS day,
    age_days,
    challenger_model,
    toBool(t.champion_verdict != '') AS canary,
    if(t.champion_verdict != '', t.champion_verdict, t.verdict) AS champion_verdict,
    challenger_verdict,
    moved.1 AS label,
    sum(toInt64(moved.2)) AS payments,
    sum(toInt128(moved.2) * t.payment_reference_amount) AS reference_amount
FROM labels AS t
ARRAY JOIN arrayFilter(each -> each.1 != '', [(toString(t.stood_before), -1), (toString(t.stands_after), 1)]) AS moved
WHERE t.stood_before != t.stands_after AND t.challenger_model != ''
GROUP BY engine, day, age_days, challenger_model, canary, champion_verdict, challenger_verdict, label
