-- Dead letters by reason.
-- Grain: reason.
-- Reader: operators.
-- Cost: a scan of dead_letters of one engine, without payloads.
SELECT reason, sum(dead_letters) AS dead_letters, sum(v.refusals) AS refusals, max(hour) AS newest_hour
FROM v_dead_letter_reasons AS v
WHERE engine = {engine:String} AND (empty({accounts:Array(String)}))
GROUP BY reason
ORDER BY dead_letters DESC, reason
LIMIT 100
