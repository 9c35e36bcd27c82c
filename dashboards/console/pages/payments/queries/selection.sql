-- Grain: one decision (merchant account, payment id, attempt, phase); repeated answers are left out. Newest first, from a place of the list on.
-- Reader: the page Payments and its CSV. Amounts in minor units, reference amounts in EUR cents; an amount is compared in the chosen currency, else in EUR.
-- Cost: a scan of the rows between `since` and `until`, found by the sorting key. The page asks for one slice of time after the other, the newest first, each longer than the one before, until it is full. Granules without the person's merchant accounts or the chosen rules, merchants, BINs, countries or currencies are passed over, by the indexes of `decisions`; a rule is looked for in the hours in which it hit, as rows from before these indexes have none. By truth: besides it the labels of the engine, once a slice.
SELECT
    engine_time,
    sequence,
    merchant_account,
    payment_id,
    attempt,
    phase,
    verdict,
    decided_by,
    deciding_rule,
    probability,
    score,
    hits,
    amount,
    currency,
    reference_amount,
    method,
    channel,
    merchant_id,
    merchant_country,
    issuer_country,
    bin,
    degraded,
    late
FROM v_decisions
WHERE engine = {engine:String}
    AND engine_time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND engine_time <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND (engine_time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') OR sequence < {below_sequence:UInt64})
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
    AND (empty({chosen_accounts:Array(String)}) OR merchant_account IN {chosen_accounts:Array(String)})
    AND (empty({verdicts:Array(String)}) OR verdict IN {verdicts:Array(String)})
    AND (empty({countries:Array(String)}) OR issuer_country IN {countries:Array(String)})
    AND (empty({merchant_countries:Array(String)}) OR merchant_country IN {merchant_countries:Array(String)})
    AND (empty({currencies:Array(String)}) OR currency IN {currencies:Array(String)})
    AND if({in_currency:Bool}, amount, reference_amount) BETWEEN {amount_from:Int64} AND {amount_to:Int64}
    AND (empty({merchants:Array(String)}) OR merchant_id IN {merchants:Array(String)})
    AND (empty({bins:Array(String)}) OR bin IN {bins:Array(String)})
    AND (empty({rules:Array(String)}) OR (hasAny(hits, {rules:Array(String)})
        AND toStartOfHour(engine_time) IN
        (
            SELECT hour FROM v_hour_by_hit
            WHERE engine = {engine:String} AND hit IN {rules:Array(String)}
                AND hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
                AND hour <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        )))
    AND (empty({truths:Array(String)})
        OR (merchant_account, payment_id, attempt) IN
        (
            SELECT l.merchant_account, l.payment_id, l.attempt FROM v_payment_labels AS l
            WHERE l.engine = {engine:String} AND notEmpty({truths:Array(String)})
                AND has({truths:Array(String)}, multiIf(l.label = 'fraud', 'fraud', l.label IN ('friendly', 'legitimate'), 'not_fraud', 'not_known'))
        )
        OR (has({truths:Array(String)}, 'not_known') AND (merchant_account, payment_id, attempt) NOT IN
        (
            SELECT n.merchant_account, n.payment_id, n.attempt FROM v_payment_labels AS n
            WHERE n.engine = {engine:String} AND has({truths:Array(String)}, 'not_known')
        )))
ORDER BY engine_time DESC, sequence DESC
LIMIT {rows:UInt32}
