-- Grain: one of these payments that has a label, with the one that stands.
-- Reader: the page Payment: colours the linked payments that turned out to be fraud.
-- Cost: a granule of `labels` for each payment, found by its sorting key.
SELECT merchant_account, payment_id, argMax(label, attempt) AS stands
FROM v_payment_labels
WHERE engine = {engine:String}
    AND payment_id IN {payment_ids:Array(String)}
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
GROUP BY merchant_account, payment_id
