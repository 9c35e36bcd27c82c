-- Grain: one attempt decided in the report's window, with what became of it until the report's moment.
-- Reader: the queries of reports, which begin with this one.
-- Cost: a scan of `decisions`, `outcomes` and `labels` by engine and time, one `parts`-th of the payments at a time.
WITH decided AS (
    SELECT
        merchant_account, payment_id, attempt,
        argMax(
            (occurred_at, engine_time, verdict, decided_by, hits, ruleset, model, probability, amount, currency,
             reference_amount, method, merchant_id, merchant_country, degraded, liability),
            (verdict != 'approve', if(verdict != 'approve', toInt64(sequence), -toInt64(sequence)))
        ) AS d,
        argMax((bin, card, channel, device), payment_known) AS p
    FROM decisions
    WHERE engine = {engine:String} AND NOT duplicate
        AND engine_time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND engine_time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND cityHash64(payment_id) % {parts:UInt32} = {part:UInt32}
    GROUP BY merchant_account, payment_id, attempt
),
happened AS (
    SELECT
        merchant_account, payment_id, attempt,
        minOrNullIf(at, kind = 'authorised') AS authorised,
        minOrNullIf(at, kind = 'declined') AS issuer_refused,
        minOrNullIf(at, kind = 'captured') AS first_captured,
        toInt64(greatest(-{sum_max:Int128}, least({sum_max:Int128}, sumIf(toInt128(amount), kind = 'captured')))) AS captured,
        toInt64(greatest(-{sum_max:Int128}, least({sum_max:Int128}, sumIf(toInt128(amount), kind = 'refunded')))) AS refunded,
        countIf(kind = 'voided') > 0 AS voided,
        countIf(kind = 'authenticated') > 0 AS passed
    FROM outcomes
    WHERE engine = {engine:String} AND NOT repeated
        AND cohort_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND appended_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND cityHash64(payment_id) % {parts:UInt32} = {part:UInt32}
    GROUP BY merchant_account, payment_id, attempt
),
known AS (
    SELECT
        merchant_account, payment_id, attempt,
        argMax((label, known_at), (strength, known_at, log_offset)) AS standing,
        minOrNullIf(known_at, label = 'fraud') AS first_fraud
    FROM labels
    WHERE engine = {engine:String}
        AND cohort_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND known_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND appended_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND cityHash64(payment_id) % {parts:UInt32} = {part:UInt32}
    GROUP BY merchant_account, payment_id, attempt
),
authenticated_before AS (
    SELECT merchant_account, payment_id, attempt
    FROM payments
    WHERE engine = {engine:String} AND three_ds_result = 'Y'
        AND received_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') - INTERVAL 7 DAY
        AND received_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND cityHash64(payment_id) % {parts:UInt32} = {part:UInt32}
),
attempts AS (
    SELECT
        merchant_account,
        d.1 AS occurred_at,
        d.2 AS engine_time,
        d.3 AS verdict,
        d.4 AS decided_by,
        d.5 AS hits,
        d.6 AS ruleset,
        d.7 AS model,
        d.8 AS probability,
        d.9 AS amount,
        d.10 AS currency,
        d.11 AS reference_amount,
        d.12 AS method,
        d.13 AS merchant_id,
        d.14 AS merchant_country,
        arrayExists(word -> word NOT IN ('warming', 'hits'), d.15) AS degraded,
        d.16 = 'issuer' AS shifted_before,
        p.1 AS bin,
        p.2 AS card,
        p.3 = 'pos' AS at_terminal,
        p.4 AS device,
        method IN ('card', 'wallet') AS by_card,
        multiIf(
            NOT by_card, '',
            startsWith(bin, '4'), 'visa',
            substring(bin, 1, 2) BETWEEN '51' AND '55' OR substring(bin, 1, 4) BETWEEN '2221' AND '2720', 'mastercard',
            ''
        ) AS scheme,
        if(isNull(probability), -1, toInt64(round(probability * 1000000))) AS probability_micro,
        authorised,
        issuer_refused,
        first_captured,
        captured,
        refunded,
        voided,
        passed OR (merchant_account, payment_id, attempt) IN authenticated_before AS authenticated,
        known.standing.1 AS label,
        known.standing.2 AS known_at,
        known.first_fraud AS first_fraud,
        verdict = 'approve' AND isNull(authorised) AND isNull(issuer_refused) AND label IN ('fraud', 'friendly') AS presumed,
        if({has_outcomes:Bool}, isNotNull(authorised) OR isNotNull(first_captured) OR presumed, verdict = 'approve')
            AND NOT voided AS executed,
        executed AND NOT (refunded > 0 AND refunded >= greatest(captured, 1)) AS let_through,
        isNotNull(issuer_refused) AND isNull(authorised) AND isNull(first_captured) AS issuer_declined,
        verdict = 'approve' AND decided_by = 'policy' AND empty(hits) AND label IN ('', 'legitimate') AND NOT degraded
            AND NOT shifted_before AND probability_micro >= 0 AND probability_micro < {below:Int64}
            AND reference_amount >= {amount_from:Int64} AS plain
    FROM decided
    LEFT JOIN happened USING (merchant_account, payment_id, attempt)
    LEFT JOIN known USING (merchant_account, payment_id, attempt)
    SETTINGS join_use_nulls = 0
)
