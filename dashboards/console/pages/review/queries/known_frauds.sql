-- Grain: one attempt of these payments on which the label `fraud` stands.
-- Reader: the page Review: what is known as fraud already, before somebody approves it.
-- Cost: a granule of `labels` for each payment, found by its sorting key.
SELECT merchant_account, payment_id, attempt, source, last_known_at
FROM v_payment_labels
WHERE engine = {engine:String}
    AND payment_id IN {payment_ids:Array(String)}
    AND label = 'fraud'
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
ORDER BY merchant_account, payment_id, attempt
LIMIT 1000
