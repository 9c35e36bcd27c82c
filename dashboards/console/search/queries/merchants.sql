-- Grain: one merchant of the last days whose id begins with a text.
-- Reader: the search box. The first day is counted whole.
-- Cost: a sum over `merchant_accounts_by_day`, a week of days.
SELECT merchant_id, sum(v.decisions) AS decisions
FROM v_day_by_merchant_account AS v
WHERE engine = {engine:String}
    AND day >= toDate({since:DateTime64(3, 'UTC')})
    AND startsWith(lower(merchant_id), lower({text:String}))
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
GROUP BY merchant_id
ORDER BY decisions DESC, merchant_id
LIMIT 5
