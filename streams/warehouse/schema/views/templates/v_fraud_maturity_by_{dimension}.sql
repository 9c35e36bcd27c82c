-- Grain: engine, day of the decision (cohort), {named}, age in days: what was known of the cohort's fraud so many days after it. Ages at which nothing changed are left out.
-- Reader: risk leads who compare a recent cohort with older ones at the same age. Amounts in EUR cents. A decision that a later one replaces is taken out on the day of the later one: where that leaves no payments, the rate is null.
-- Cost: a sum over `labels_by_day` and `decisions_by_day` of one dimension; filter on engine and day.
CREATE OR REPLACE VIEW v_fraud_maturity{suffix} AS
SELECT
    engine,
    day,
    {column}age_days,
    sum(sum(m.decided)) OVER (PARTITION BY engine, day, value) AS payments,
    sum(sum(m.fraud)) OVER (PARTITION BY engine, day, value ORDER BY age_days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS fraud,
    sum(sum(m.fraud_amount)) OVER (PARTITION BY engine, day, value ORDER BY age_days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS fraud_reference_amount,
    if(payments <= 0, NULL, fraud / payments) AS fraud_rate
FROM
(
    SELECT engine, day, value, toUInt16(0) AS age_days, payments AS decided, toInt64(0) AS fraud, toInt128(0) AS fraud_amount
    FROM decisions_by_day WHERE dimension = '{dimension}'
    UNION ALL
    SELECT engine, day, value, age_days, 0, payments, reference_amount
    FROM labels_by_day WHERE dimension = '{dimension}' AND label = 'fraud' AND verdict != ''
) AS m
GROUP BY engine, day, value, age_days
