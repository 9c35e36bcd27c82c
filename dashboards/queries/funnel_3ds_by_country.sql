-- Where customers get lost in 3-D Secure, by the issuer's country.
-- Grain: issuer's country.
-- Reader: payment managers.
-- Cost: a sum over decisions_by_day and outcomes_by_day of one dimension.
SELECT
    issuer_country,
    sum(v.challenged) AS challenged,
    sum(v.authenticated) AS authenticated,
    sum(v.authentication_failed) AS failed,
    sum(v.without_result) AS without_result,
    sum(v.authorised) / challenged AS success_rate
FROM v_3ds_funnel_by_issuer_country AS v
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY issuer_country
HAVING challenged > 0
ORDER BY challenged DESC, issuer_country
LIMIT 20
