-- Approval rate of payments by the issuer's country.
-- Grain: issuer's country.
-- Reader: analysts.
-- Cost: a sum over decisions_by_day of one dimension.
SELECT issuer_country, sum(v.payments) AS payments, sumIf(v.payments, verdict = 'approve') / payments AS approval_rate
FROM v_day_by_issuer_country AS v
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY issuer_country
HAVING payments > 0
ORDER BY payments DESC, issuer_country
LIMIT 20
