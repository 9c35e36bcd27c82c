-- What each rule hit in the last whole days (UTC), today with them, and what is known of it now. Of `unknown` no label says what they were. `decided`: the verdict came about by it.
-- Insult rate: of all good customers known, the share that was declined with this rule among the hits.
-- Grain: rule.
-- Reader: rule authors.
-- Cost: sums over decisions_by_day and labels_by_day of three dimensions.
WITH
    good AS (
        SELECT sum(legitimate) AS known
        FROM v_fraud
        WHERE engine = {engine:String} AND day > toDate(now('UTC')) - {days:UInt16} AND day <= toDate(now('UTC'))
    ),
    deciding AS (
        SELECT deciding_rule AS rule, sum(payments) AS decided
        FROM v_day_by_rule
        WHERE engine = {engine:String} AND day > toDate(now('UTC')) - {days:UInt16} AND day <= toDate(now('UTC')) AND verdict != 'approve'
        GROUP BY rule
    )
SELECT
    h.hit AS rule,
    sum(h.payments) AS payments,
    sum(h.reference_amount) AS reference_amount,
    sum(h.declined) AS declined,
    sum(h.fraud) AS fraud,
    sum(h.legitimate) AS legitimate,
    sum(h.friendly) AS friendly,
    greatest(0, toInt64(payments) - fraud - legitimate - friendly) AS unknown,
    (SELECT known FROM good) AS known_good,
    if(fraud + legitimate = 0, NULL, fraud / (fraud + legitimate)) AS precision,
    if((SELECT known FROM good) <= 0, NULL, sum(h.legitimate_declined) / (SELECT known FROM good)) AS insult_rate,
    any(d.decided) AS decided
FROM v_fraud_by_hit AS h
LEFT JOIN deciding AS d ON d.rule = h.hit
WHERE h.engine = {engine:String} AND h.day > toDate(now('UTC')) - {days:UInt16} AND h.day <= toDate(now('UTC'))
    AND (empty({accounts:Array(String)}))
GROUP BY rule
ORDER BY payments DESC
LIMIT 1000
