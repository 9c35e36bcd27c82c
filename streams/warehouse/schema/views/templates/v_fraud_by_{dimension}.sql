-- Grain: engine, day of the decision (cohort), {named}. Labels as they stand now: recent days have few, see `age_days` and v_fraud_maturity. Labels on payments that this engine did not decide are left out.
-- Reader: analysts and risk leads. Payments are attempts by the verdict that stands; amounts in EUR cents; rates are shares, 0..1, null where nothing is known. A decision that a later one replaces (after 3-D Secure) is taken out on the day of the later one: a day with few payments may have none or less than none, and no rates then.
-- Cost: a sum over `decisions_by_day` and `labels_by_day` of one dimension; filter on engine and day.
CREATE OR REPLACE VIEW v_fraud{suffix} AS
SELECT
    engine,
    day,
    {column}dateDiff('day', day, today()) AS age_days,
    sum(m.decided) AS payments,
    sum(m.decided_amount) AS reference_amount,
    sumIf(m.decided, m.verdict = 'approve') AS approved,
    sumIf(m.decided, m.verdict = 'decline') AS declined,
    sumIf(m.labelled, m.label = 'fraud') AS fraud,
    sumIf(m.labelled_amount, m.label = 'fraud') AS fraud_reference_amount,
    sumIf(m.labelled, m.label = 'fraud' AND m.verdict = 'approve') AS fraud_missed,
    sumIf(m.labelled_amount, m.label = 'fraud' AND m.verdict = 'approve') AS fraud_missed_reference_amount,
    fraud - fraud_missed AS fraud_caught,
    fraud_reference_amount - fraud_missed_reference_amount AS fraud_caught_reference_amount,
    sumIf(m.labelled, m.label = 'friendly') AS friendly,
    sumIf(m.labelled, m.label = 'legitimate') AS legitimate,
    sumIf(m.labelled, m.label = 'legitimate' AND m.verdict = 'decline') AS legitimate_declined,
    sumIf(m.labelled_amount, m.label = 'legitimate' AND m.verdict = 'decline') AS legitimate_declined_reference_amount,
    sumIf(m.labelled, m.verdict = 'decline' AND m.label = 'fraud') AS fraud_declined,
    if(payments <= 0, NULL, fraud / payments) AS fraud_rate,
    if(reference_amount <= 0, NULL, fraud_reference_amount / reference_amount) AS fraud_rate_by_value,
    if(approved <= 0, NULL, fraud_missed / approved) AS fraud_rate_of_approved,
    {insult_rate}if(fraud_declined + legitimate_declined <= 0, NULL, fraud_declined / (fraud_declined + legitimate_declined)) AS decline_precision
FROM
(
    SELECT engine, day, value, verdict, '' AS label, payments AS decided, payments_reference_amount AS decided_amount,
           toInt64(0) AS labelled, toInt128(0) AS labelled_amount
    FROM decisions_by_day WHERE dimension = '{dimension}'
    UNION ALL
    SELECT engine, day, value, verdict, label, 0, 0, payments, reference_amount
    FROM labels_by_day WHERE dimension = '{dimension}' AND verdict != ''
) AS m
GROUP BY engine, day, value
