-- Grain: one merchant of the last days whose id begins with a text.
-- Reader: the search box.
-- Cost: a scan of a week's `merchant_id` in `decisions`.
SELECT
    merchant_id,
    uniq(merchant_account, payment_id) AS payments,
    max(engine_time) AS last_at
FROM v_decisions
WHERE engine = {engine:String}
    AND engine_time >= {since:DateTime64(3, 'UTC')}
    AND startsWith(lower(merchant_id), lower({text:String}))
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
GROUP BY merchant_id
ORDER BY payments DESC, merchant_id
LIMIT 5
