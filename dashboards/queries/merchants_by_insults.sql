-- What good customers wanted to pay and could not, by the merchant who lost the sale.
-- Grain: merchant.
-- Reader: risk leads and account managers.
-- Cost: a sum over decisions_by_day and labels_by_day of one dimension.
SELECT
    merchant_id,
    sum(legitimate_declined) AS insults,
    toFloat64(sum(legitimate_declined_reference_amount)) / 100 AS lost_sales_eur
FROM v_fraud_by_merchant
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY merchant_id
HAVING insults > 0
ORDER BY lost_sales_eur DESC, merchant_id
LIMIT 20
