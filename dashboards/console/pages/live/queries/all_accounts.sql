-- Grain: period (now, hour before, week before, and open: the minutes that are not over) and minute within it, 0 to 59; a period as a whole has minute -1.
-- Reader: the page Live, for who sees every merchant account (who names some gets nothing). Every answer counts, repeated ones not; amounts in EUR cents; a quantile of latency is the lower bound of its bucket.
-- Cost: a sum over three hours of `decisions_minute`, which its sorting key finds: some milliseconds.
WITH toDateTime({until:UInt32}, 'UTC') AS until
SELECT
    period,
    if(grouping(place) = 1, toInt32(-1), place) AS minute,
    sum(n) AS decisions,
    sumIf(n, verdict = 'approve') AS approved,
    sumIf(n, verdict = 'challenge') AS challenged,
    sumIf(n, verdict = 'review') AS reviewed,
    sumIf(n, verdict = 'decline') AS declined,
    sumIf(cents, verdict = 'decline') AS stopped,
    sumIf(cents, verdict = 'review') AS held,
    sumMap(latency) AS histogram,
    arrayCumSum(mapValues(histogram)) AS cumulated,
    if(decisions = 0, NULL, mapKeys(histogram)[arrayFirstIndex(x -> x >= 0.5 * decisions, cumulated)]) AS p50_ms,
    if(decisions = 0, NULL, mapKeys(histogram)[arrayFirstIndex(x -> x >= 0.99 * decisions, cumulated)]) AS p99_ms
FROM
(
    SELECT
        multiIf(v.minute >= until, 'open', v.minute >= until - 3600, 'now', v.minute >= until - 7200, 'hour', 'week') AS period,
        toInt32(intDiv(toUnixTimestamp(v.minute) - toUnixTimestamp(until)
            + multiIf(period = 'open', 0, period = 'now', 3600, period = 'hour', 7200, 608400), 60)) AS place,
        verdict,
        v.decisions AS n,
        v.reference_amount AS cents,
        v.latency_histogram AS latency
    FROM v_minute AS v
    WHERE engine = {engine:String}
        AND empty({accounts:Array(String)})
        AND (v.minute >= until - 7200 OR (v.minute >= until - 608400 AND v.minute < until - 604800))
)
GROUP BY GROUPING SETS ((period, place), (period))
ORDER BY period, minute
