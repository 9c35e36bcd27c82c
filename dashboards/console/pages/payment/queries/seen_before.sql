-- Grain: kind of token of this payment: in how many earlier payments of the same customer (or card) it was seen.
-- Reader: the page Payment: whether this device, network, address ... is new to the customer.
-- Cost: the rows of these tokens in `timeline`, found by its sorting key, of one year.
WITH fromUnixTimestamp64Milli({at:Int64}, 'UTC') AS this
SELECT entity AS kind, uniqExact(merchant_account, payment_id) AS payments
FROM v_timeline
WHERE engine = {engine:String}
    AND token IN {tokens:Array(String)}
    AND has(arrayZip({tokens:Array(String)}, {entities:Array(String)}), (token, toString(entity)))
    AND event = 'decision'
    AND at >= this - INTERVAL 365 DAY
    AND at < this
    AND NOT (payment_id = {payment_id:String} AND merchant_account = {account:String})
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
    AND (merchant_account, payment_id) IN
    (
        SELECT merchant_account, payment_id FROM v_timeline
        WHERE engine = {engine:String} AND token = {token:String} AND entity = {entity:String} AND event = 'decision'
            AND at >= this - INTERVAL 365 DAY AND at < this
    )
GROUP BY kind
ORDER BY kind
