-- Grain: one row: what is usual for one customer (or card), from its payments of the year before this one.
-- Reader: the page Payment, which puts this payment beside it. Amounts in minor units of this payment's currency; others have no part in them.
-- Cost: the token's rows of `timeline`, found by its sorting key.
WITH fromUnixTimestamp64Milli({at:Int64}, 'UTC') AS this
SELECT
    count() AS payments,
    countIf(verdict = 'decline') AS declined,
    min(first_at) AS since,
    max(first_at) AS last_at,
    countIf(in_currency) AS comparable,
    if(comparable = 0, NULL, quantileExactIf(0.5)(paid, in_currency)) AS median_amount,
    if(comparable = 0, NULL, maxIf(paid, in_currency)) AS most_amount,
    countIf(merchant = {merchant:String}) AS at_merchant,
    countIf(abs(toHour(first_at) - toHour(this)) <= 2 OR abs(toHour(first_at) - toHour(this)) >= 22) AS near_hour,
    countIf(first_at >= this - INTERVAL 1 HOUR) AS last_hour,
    countIf(first_at >= this - INTERVAL 1 DAY) AS last_day,
    count() / greatest(dateDiff('day', since, this), 1) AS a_day
FROM
(
    SELECT
        merchant_account,
        payment_id,
        min(at) AS first_at,
        argMax(what, at) AS verdict,
        any(amount) AS paid,
        any(currency) = {currency:String} AS in_currency,
        any(merchant_id) AS merchant
    FROM v_timeline
    WHERE engine = {engine:String}
        AND token = {token:String}
        AND entity = {entity:String}
        AND event = 'decision'
        AND at >= this - INTERVAL 365 DAY
        AND at < this
        AND NOT (payment_id = {payment_id:String} AND merchant_account = {account:String})
        AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
    GROUP BY merchant_account, payment_id
)
