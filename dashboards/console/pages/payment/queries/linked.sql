-- Grain: one other payment that shares a token with this one, within 30 days of it. Those that share most come first, then the nearest in time; `linked` is how many there are in all.
-- Reader: the page Payment: its graph.
-- Cost: the rows of these tokens in `timeline`, found by its sorting key, of 60 days.
WITH fromUnixTimestamp64Milli({at:Int64}, 'UTC') AS this
SELECT
    merchant_account,
    payment_id,
    min(t.at) AS first_at,
    argMax(t.what, (t.at, t.attempt)) AS verdict,
    any(t.amount) AS paid,
    any(t.currency) AS paid_in,
    any(t.merchant_id) AS merchant,
    arraySort(groupUniqArray(toString(t.entity))) AS shared,
    count() OVER () AS linked
FROM v_timeline AS t
WHERE engine = {engine:String}
    AND token IN {tokens:Array(String)}
    AND has(arrayZip({tokens:Array(String)}, {entities:Array(String)}), (token, toString(entity)))
    AND event = 'decision'
    AND t.at >= this - INTERVAL 30 DAY
    AND t.at <= this + INTERVAL 30 DAY
    AND NOT (payment_id = {payment_id:String} AND merchant_account = {account:String})
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
GROUP BY merchant_account, payment_id
ORDER BY length(shared) DESC, abs(dateDiff('second', first_at, this)), merchant_account, payment_id
LIMIT {rows:UInt32}
