-- The trial that is running: what the challenger said beside the champion.
-- Grain: one trial.
-- Reader: data scientists and approvers.
-- Cost: sums over trials_by_hour, and over scores_by_hour since the trial began, a week at most.
WITH
    (SELECT min(hour) FROM trials_by_hour WHERE engine = {engine:String} AND challenger_model = {model:String}) AS began,
    sums AS (
        SELECT verdict,
            sum(t.decisions) AS n, sumIf(t.decisions, canary) AS inside, n - inside AS outside,
            sum(t.disagreed) AS other, n - sum(t.challenger_scored) AS silent
        FROM trials_by_hour AS t
        WHERE engine = {engine:String} AND challenger_model = {model:String}
        GROUP BY verdict
    ),
    (
        SELECT (sumMapIf(map(bin, n), role = 'challenger'), sumMapIf(map(bin, n), role = 'champion'))
        FROM
        (
            SELECT role, toUInt8(arrayCount(edge -> from_millionths >= edge, [1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000])) AS bin,
                sum(s.scores) AS n
            FROM scores_by_hour AS s
            WHERE engine = {engine:String} AND from_millionths >= 0
                AND hour >= greatest(began, toStartOfHour(now('UTC') - INTERVAL 7 DAY))
            GROUP BY role, bin
        )
    ) AS histograms
SELECT
    began AS begun,
    sum(n) AS decisions,
    sum(inside) AS canary_decisions,
    sum(other) AS disagreed,
    sum(silent) AS without_probability,
    arrayMax(arrayMap((a, b) -> abs(a / canary_decisions - b / (decisions - canary_decisions)), groupArray(inside), groupArray(outside))) AS verdict_gap,
    arrayMap(bin -> toInt64((histograms.1)[toUInt8(bin)]), range(10)) AS challenger_histogram,
    arrayMap(bin -> toInt64((histograms.2)[toUInt8(bin)]), range(10)) AS champion_histogram
FROM sums
WHERE (empty({accounts:Array(String)}))
LIMIT 1
