-- Grain: merchant all of whose decided payments since a day are of the chosen merchant accounts.
-- Reader: the page Meters, for people who see some merchant accounts: a meter counts all payments of a merchant.
-- Cost: a sum over merchant_accounts_by_day; some milliseconds, remembered for 10 minutes.
SELECT merchant_id
FROM v_day_by_merchant_account
WHERE engine = {engine:String} AND day >= {since:Date}
GROUP BY merchant_id
HAVING countIf(NOT (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})) = 0
ORDER BY merchant_id
LIMIT 1000
