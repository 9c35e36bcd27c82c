-- Grain: one label of one payment, oldest first.
-- Reader: the page Payment: what it turned out to be, and by whose word.
-- Cost: one granule of `labels`, found by its sorting key.
SELECT merchant_account, attempt, known_at, label, source, strength, final, age_days, stood_before, stands_after
FROM labels
WHERE engine = {engine:String}
    AND payment_id = {payment_id:String}
    AND merchant_account = {account:String}
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
ORDER BY appended_at, log_offset
LIMIT 200
