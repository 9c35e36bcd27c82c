-- Merchants with the lowest approval rate.
-- Grain: merchant.
-- Reader: account managers.
-- Cost: a sum over decisions_by_day of one dimension.
SELECT merchant_id, sum(v.payments) AS payments, sumIf(v.payments, verdict = 'approve') / payments AS approval_rate
FROM v_day_by_merchant AS v
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY merchant_id
HAVING payments > 0
ORDER BY approval_rate, merchant_id
LIMIT 20
