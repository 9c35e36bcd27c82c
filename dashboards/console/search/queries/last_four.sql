-- Grain: one card of the last days whose token ends with four characters.
-- Reader: the search box.
-- Cost: a scan of a week's `card` in `decisions`.
SELECT
    'card' AS entity,
    card AS token,
    argMax(merchant_account, engine_time) AS last_account,
    argMax(payment_id, engine_time) AS last_payment,
    uniq(merchant_account, payment_id) AS payments,
    max(engine_time) AS last_at
FROM v_decisions
WHERE engine = {engine:String}
    AND engine_time >= {since:DateTime64(3, 'UTC')}
    AND endsWith(card, {text:String})
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
GROUP BY card
ORDER BY last_at DESC, card
LIMIT 5
