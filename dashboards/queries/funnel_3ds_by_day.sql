-- What becomes of challenges, by day: asked for, authenticated, authorised by the issuer.
-- Grain: day.
-- Reader: payment managers.
-- Cost: a sum over decisions_by_day and outcomes_by_day of one dimension.
SELECT
    toDateTime(day) AS time,
    sum(challenged) AS challenged,
    sum(authenticated) AS authenticated,
    sum(authorised) AS authorised
FROM v_3ds_funnel
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY time
ORDER BY time
