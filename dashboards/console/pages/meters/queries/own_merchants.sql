-- Grain: merchant all of whose decided payments since a day are of the chosen merchant accounts.
-- Reader: the page Meters, for people who see some merchant accounts: a meter counts all payments of a merchant.
-- Cost: two columns of the decisions of two months; some tenths of a second on 10 million, remembered for 10 minutes.
SELECT merchant_id
FROM v_decisions
WHERE engine = {engine:String} AND engine_time >= toDateTime({since:Date}, 'UTC')
GROUP BY merchant_id
HAVING countIf(NOT (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})) = 0
ORDER BY merchant_id
LIMIT 1000
