-- Disputes by scheme and reason, and how much is at stake.
-- Grain: scheme, reason code.
-- Reader: dispute teams.
-- Cost: a scan of disputes.
SELECT
    scheme,
    reason_code,
    count() AS disputes,
    countIf(is_chargeback) AS chargebacks,
    toFloat64(sum(reference_amount)) / 100 AS eur
FROM v_disputes
WHERE engine = '$engine' AND $__timeFilter(opened_at)
GROUP BY scheme, reason_code
ORDER BY disputes DESC, scheme, reason_code
LIMIT 30
