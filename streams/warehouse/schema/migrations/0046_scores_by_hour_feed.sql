-- Feeds scores_by_hour from every block inserted into decisions: each score once, the champion's and the challenger's.
CREATE MATERIALIZED VIEW IF NOT EXISTS scores_by_hour_feed TO scores_by_hour AS
SELECT
    engine,
    toStartOfHour(d.engine_time) AS hour,
    each.1 AS role,
    each.2 AS scored_by,
    toBool(each.3) AS decided,
    each.4 AS verdict,
    toInt32(if(each.5 IS NULL, -1, roundDown(toInt32(round(ifNull(each.5, 0) * 1000000)),
        [0, 500, 1000, 2000, 5000, 10000, 20000, 30000, 50000, 75000, 100000, 150000, 200000, 300000, 400000, 500000, 600000,
         700000, 800000, 900000, 950000, 990000]))) AS from_millionths,
    toInt64(count()) AS scores,
    sum(toInt64(round(ifNull(each.5, 0) * 1000000))) AS millionths
FROM decisions AS d
ARRAY JOIN
    [if(d.champion_model = '',
        ('champion', toString(d.model), 1, toString(d.verdict), d.probability),
        ('champion', toString(d.champion_model), 0, toString(d.champion_verdict), d.champion_probability)),
     ('challenger', toString(d.challenger_model), if(d.champion_model = '', 0, 1), toString(d.challenger_verdict), d.challenger_probability)] AS each
WHERE NOT d.duplicate AND each.2 != ''
GROUP BY engine, hour, role, scored_by, decided, verdict, from_millionths
