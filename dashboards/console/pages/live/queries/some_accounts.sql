-- Grain: period (now, hour before, week before, and open: the minutes that are not over) and minute within it, 0 to 59; a period as a whole has minute -1.
-- Reader: the page Live, for who sees some merchant accounts only: no sums by minute exist by account. The same columns as all_accounts.sql, with the same buckets of latency.
-- Cost: a scan of three hours of `decisions`, which its sorting key finds: about 30 ms for a million payments an hour.
WITH toDateTime64({until:UInt32}, 3, 'UTC') AS until
SELECT
    period,
    if(grouping(place) = 1, toInt32(-1), place) AS minute,
    toInt64(count()) AS decisions,
    toInt64(countIf(verdict = 'approve')) AS approved,
    toInt64(countIf(verdict = 'challenge')) AS challenged,
    toInt64(countIf(verdict = 'review')) AS reviewed,
    toInt64(countIf(verdict = 'decline')) AS declined,
    sumIf(toInt128(reference_amount), verdict = 'decline') AS stopped,
    sumIf(toInt128(reference_amount), verdict = 'review') AS held,
    sumMap(map(bucket, toInt64(1))) AS histogram,
    arrayCumSum(mapValues(histogram)) AS cumulated,
    if(decisions = 0, NULL, mapKeys(histogram)[arrayFirstIndex(x -> x >= 0.5 * decisions, cumulated)]) AS p50_ms,
    if(decisions = 0, NULL, mapKeys(histogram)[arrayFirstIndex(x -> x >= 0.99 * decisions, cumulated)]) AS p99_ms
FROM
(
    SELECT
        multiIf(engine_time >= until, 'open', engine_time >= until - 3600, 'now', engine_time >= until - 7200, 'hour', 'week') AS period,
        toInt32(intDiv(toUnixTimestamp(toStartOfMinute(engine_time)) - toUnixTimestamp(until)
            + multiIf(period = 'open', 0, period = 'now', 3600, period = 'hour', 7200, 608400), 60)) AS place,
        verdict,
        reference_amount,
        toInt32(roundDown(latency_ms,
            [0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000, 10000, 30000,
             60000, 300000, 3600000])) AS bucket
    FROM v_decisions
    WHERE engine = {engine:String}
        AND (engine_time >= until - 7200 OR (engine_time >= until - 608400 AND engine_time < until - 604800))
        AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
)
GROUP BY GROUPING SETS ((period, place), (period))
ORDER BY period, minute
