-- Grain: one of these payments, with the card it was made with; times of their decisions are given.
-- Reader: the page Payment: which card each payment of a device's timeline, or of the graph, was made with.
-- Cost: some granules of `decisions`, found by its sorting key; at most one for each time.
SELECT merchant_account, payment_id, argMax(card, engine_time) AS card
FROM v_decisions
WHERE engine = {engine:String}
    AND engine_time IN (SELECT fromUnixTimestamp64Milli(arrayJoin({times:Array(Int64)}), 'UTC'))
    AND payment_id IN {payment_ids:Array(String)}
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
GROUP BY merchant_account, payment_id
LIMIT 1000
