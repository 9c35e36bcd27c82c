-- How many scores each model gave in the last days, whatever is known of the payments. Whole days (UTC), today with them.
-- Grain: role, model.
-- Reader: data scientists and risk leads, beside figures of those whose truth is known.
-- Cost: a sum over scores_by_hour.
SELECT role, scored_by, toInt64(sum(v.scores)) AS scores
FROM v_scores_hour AS v
WHERE engine = {engine:String} AND hour >= toDateTime(toDate(now('UTC')) - {days:UInt16}, 'UTC') AND from_millionths >= 0
    AND (empty({accounts:Array(String)}))
GROUP BY role, scored_by
ORDER BY role, scored_by
LIMIT 400
