-- Payments by model and bin of probability, of those whose truth is known: labelled, or let through and silent for so long
-- that silence counts as good. `bin` counts the edges from 0.
-- Grain: role, model, bin of probability.
-- Reader: data scientists and risk leads.
-- Cost: a scan of a few columns of the decisions and labels of these days.
SELECT
    role,
    scored_by,
    toUInt8(arrayCount(edge -> s.probability >= edge, {edges:Array(Float64)}) - 1) AS bin,
    count() AS payments,
    countIf(l.label = 'fraud') AS frauds,
    sum(s.probability) AS expected
FROM v_scores AS s
LEFT ANY JOIN
(
    SELECT merchant_account, payment_id, attempt, argMax(label, (strength, known_at, log_offset)) AS label
    FROM labels
    WHERE engine = {engine:String} AND cohort_at >= now() - toIntervalDay({days:UInt16})
    GROUP BY merchant_account, payment_id, attempt
) AS l ON l.merchant_account = s.merchant_account AND l.payment_id = s.payment_id AND l.attempt = s.attempt
WHERE s.engine = {engine:String} AND s.engine_time >= now() - toIntervalDay({days:UInt16}) AND isNotNull(s.probability)
    AND (l.label IN ('fraud', 'legitimate')
        OR (l.label = '' AND s.decided AND s.verdict = 'approve' AND s.engine_time < now() - toIntervalDay({silent_days:UInt16})))
    AND (empty({accounts:Array(String)}))
GROUP BY role, scored_by, bin
ORDER BY role, scored_by, bin
LIMIT 400
