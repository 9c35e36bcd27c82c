-- Grain: one payment id or token that begins with a text, within its merchant account where it is a payment's.
-- Reader: the search box.
-- Cost: granules of `timeline` whose tokens begin so, as the table is sorted by them; the first 20,000 rows of these (`rows_read`), so that a beginning that most have costs no more. What is typed in full comes first in that order.
SELECT
    entity,
    token,
    if(entity = 'payment', merchant_account, '') AS account,
    argMax(merchant_account, at) AS last_account,
    argMax(payment_id, at) AS last_payment,
    uniq(merchant_account, payment_id) AS payments,
    max(at) AS last_at,
    sum(count()) OVER () AS rows_read
FROM
(
    SELECT entity, token, merchant_account, payment_id, at
    FROM v_timeline
    WHERE engine = {engine:String}
        AND startsWith(token, {text:String})
        AND (entity = 'payment' OR {with_tokens:UInt8} = 1)
        AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
    ORDER BY engine, token
    LIMIT 20000
)
GROUP BY entity, token, account
ORDER BY token = {text:String} DESC, entity = 'payment' DESC, last_at DESC, token
LIMIT 8
