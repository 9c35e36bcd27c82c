-- Example payments of a backtest, found by their sequences.
-- Grain: one payment decided.
-- Reader: rule authors and approvers.
-- Cost: the granules of a few engine times.
SELECT sequence, merchant_account, payment_id, attempt, merchant_id, card, customer, amount, currency, verdict, engine_time
FROM v_decisions
WHERE engine = {engine:String}
    AND engine_time IN (SELECT fromUnixTimestamp64Milli(arrayJoin({times:Array(Int64)}), 'UTC'))
    AND sequence IN {sequences:Array(UInt64)}
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
LIMIT 20
