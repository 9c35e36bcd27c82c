-- Payments by model and bin of probability, of those whose truth is known: labelled, or let through and silent for so long
-- that silence counts as good. `bin` counts the edges from 0. Whole days (UTC), today with them.
-- Silent ones are all that were let through less those with a label; a labelled payment counts once, by the decision that stood.
-- Grain: role, model, bin of probability.
-- Reader: data scientists and risk leads.
-- Cost: sums over scores_by_hour and score_labels_by_day.
WITH
    toDate(now('UTC')) - {days:UInt16} AS since,
    toDate(now('UTC')) - {silent_days:UInt16} AS silent_before
SELECT
    role,
    scored_by,
    toUInt8(arrayCount(edge -> from_millionths >= round(edge * 1000000), {edges:Array(Float64)}) - 1) AS bin,
    toInt64(sum(known.payments)) AS payments,
    toInt64(sum(known.frauds)) AS frauds,
    sum(known.millionths) / 1000000 AS expected
FROM
(
    SELECT role, scored_by, from_millionths, v.scores AS payments, 0 AS frauds, v.millionths AS millionths
    FROM v_scores_hour AS v
    WHERE engine = {engine:String} AND hour >= toDateTime(since, 'UTC') AND hour < toDateTime(silent_before, 'UTC')
        AND decided AND verdict = 'approve' AND from_millionths >= 0
    UNION ALL
    SELECT role, scored_by, from_millionths,
        v.payments * counted AS payments,
        if(label = 'fraud', v.payments, 0) AS frauds,
        v.millionths * counted AS millionths
    FROM
    (
        SELECT *, toInt64(label IN ('fraud', 'legitimate')) - toInt64(decided AND verdict = 'approve' AND day < silent_before) AS counted
        FROM v_score_labels
        WHERE engine = {engine:String} AND day >= since AND from_millionths >= 0
    ) AS v
) AS known
WHERE (empty({accounts:Array(String)}))
GROUP BY role, scored_by, bin
HAVING payments > 0
ORDER BY role, scored_by, bin
LIMIT 400
