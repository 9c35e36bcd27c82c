-- Share of approved payments that issuers authorised, by day.
-- Grain: day.
-- Reader: payment managers.
-- Cost: a sum over outcomes_by_day of one dimension.
SELECT toDateTime(day) AS time, sum(authorised) / (sum(authorised) + sum(declined)) AS authorisation_rate
FROM v_authorisation
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY time
HAVING sum(authorised) + sum(declined) > 0
ORDER BY time
