-- Grain: one dispute, or fraud notice, of one payment, with the stage it has reached.
-- Reader: the page Payment. Amounts in minor units.
-- Cost: one granule of `disputes`, found by its sorting key.
SELECT dispute_id, attempt, stage, stages, opened_at, reached_at, disputed_amount, currency, scheme, reason_code, ground
FROM v_disputes
WHERE engine = {engine:String}
    AND payment_id = {payment_id:String}
    AND merchant_account = {account:String}
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
ORDER BY opened_at, dispute_id
LIMIT 50
