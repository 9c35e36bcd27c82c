-- The trial that is running: what the challenger said beside the champion.
-- Grain: one trial.
-- Reader: data scientists and approvers.
-- Cost: sums over trials_by_hour, and over scores_by_hour since the trial began, a week at most.
WITH
    sums AS (
        SELECT canary, verdict, sum(t.decisions) AS decisions, sum(t.disagreed) AS disagreed,
            sum(t.without_probability) AS without_probability, min(hour) AS begun
        FROM v_trials AS t
        WHERE engine = {engine:String} AND challenger_model = {model:String}
        GROUP BY canary, verdict
    ),
    shares AS (
        SELECT verdict, sumIf(decisions, canary) / (SELECT sumIf(decisions, canary) FROM sums) AS inside,
            sumIf(decisions, NOT canary) / (SELECT sumIf(decisions, NOT canary) FROM sums) AS outside
        FROM sums
        GROUP BY verdict
    ),
    scores AS (
        SELECT role, toUInt8(arrayCount(edge -> from_millionths >= edge, [1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000])) AS bin,
            sum(v.scores) AS payments
        FROM v_scores_hour AS v
        WHERE engine = {engine:String} AND from_millionths >= 0
            AND hour >= greatest((SELECT min(begun) FROM sums), toStartOfHour(now() - INTERVAL 7 DAY))
        GROUP BY role, bin
    )
SELECT
    (SELECT min(begun) FROM sums) AS begun,
    (SELECT sum(decisions) FROM sums) AS decisions,
    (SELECT sumIf(decisions, canary) FROM sums) AS canary_decisions,
    (SELECT sum(disagreed) FROM sums) AS disagreed,
    (SELECT sum(without_probability) FROM sums) AS without_probability,
    (SELECT max(abs(inside - outside)) FROM shares) AS verdict_gap,
    arrayMap(bin -> toInt64((SELECT sumMap(map(s.bin, s.payments)) FROM scores AS s WHERE role = 'challenger')[toUInt8(bin)]), range(10)) AS challenger_histogram,
    arrayMap(bin -> toInt64((SELECT sumMap(map(s.bin, s.payments)) FROM scores AS s WHERE role = 'champion')[toUInt8(bin)]), range(10)) AS champion_histogram
WHERE (empty({accounts:Array(String)}))
LIMIT 1
