-- Payments by model and bin of probability, of those whose truth is known: labelled, or let through and silent for so long
-- that silence counts as good. `bin` counts the edges from 0. Ranges begin and end with an hour.
-- Silent ones are all that were let through, from the sums by hour, less those with a label; a labelled payment counts by the decision that stood.
-- Grain: role, model, bin of probability.
-- Reader: data scientists and risk leads.
-- Cost: a sum over scores_by_hour, and of the decisions of these days one column, and a few of those with a label.
WITH
    toStartOfHour(now() - toIntervalDay({days:UInt16})) AS since,
    toStartOfHour(now() - toIntervalDay({silent_days:UInt16})) AS silent_before,
    stood AS (
        SELECT merchant_account, payment_id, attempt, any(cohort_at) AS at, argMax(label, (strength, known_at, log_offset)) AS label
        FROM labels
        WHERE engine = {engine:String} AND cohort_at >= since AND decision_known
        GROUP BY merchant_account, payment_id, attempt
    ),
    labelled AS (
        SELECT s.role AS role, s.scored_by AS scored_by, round(assumeNotNull(s.probability) * 1000000)::Int64 AS millionths, l.label AS label,
            l.label IN ('fraud', 'legitimate') AS is_known,
            s.decided AND s.verdict = 'approve' AND s.engine_time < silent_before AS was_silent
        FROM (
            SELECT * FROM v_scores
            WHERE engine = {engine:String} AND engine_time >= since AND isNotNull(probability)
                AND engine_time IN (SELECT at FROM stood)
        ) AS s
        INNER JOIN stood AS l ON l.merchant_account = s.merchant_account AND l.payment_id = s.payment_id AND l.attempt = s.attempt
    )
SELECT
    role,
    scored_by,
    toUInt8(arrayCount(edge -> from_millionths >= round(edge * 1000000), {edges:Array(Float64)}) - 1) AS bin,
    toInt64(sum(found.payments)) AS payments,
    toInt64(sum(found.frauds)) AS frauds,
    sum(found.millionths) / 1000000 AS expected
FROM
(
    SELECT role, scored_by, from_millionths, v.scores AS payments, 0 AS frauds, v.millionths AS millionths
    FROM v_scores_hour AS v
    WHERE engine = {engine:String} AND hour >= since AND hour < silent_before
        AND decided AND verdict = 'approve' AND from_millionths >= 0
    UNION ALL
    SELECT role, scored_by, millionths AS from_millionths, toInt64(is_known) - toInt64(was_silent) AS payments, toInt64(label = 'fraud') AS frauds,
        millionths * payments AS millionths
    FROM labelled
) AS found
WHERE (empty({accounts:Array(String)}))
GROUP BY role, scored_by, bin
HAVING payments > 0
ORDER BY role, scored_by, bin
LIMIT 400
