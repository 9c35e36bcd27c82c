-- Feeds score_labels_by_day from every block inserted into labels: what changes nothing is left out.
CREATE MATERIALIZED VIEW IF NOT EXISTS score_labels_by_day_feed TO score_labels_by_day AS
SELECT
    engine,
    toDate(l.cohort_at) AS day,
    each.1 AS role,
    each.2 AS scored_by,
    toBool(each.3) AS decided,
    each.4 AS verdict,
    toInt32(if(each.5 IS NULL, -1, roundDown(toInt32(round(ifNull(each.5, 0) * 1000000)),
        [0, 500, 1000, 2000, 5000, 10000, 20000, 30000, 50000, 75000, 100000, 150000, 200000, 300000, 400000, 500000, 600000,
         700000, 800000, 900000, 950000, 990000]))) AS from_millionths,
    each.6 AS label,
    toInt64(sum(each.7)) AS payments,
    sum(toInt64(each.7) * toInt64(round(ifNull(each.5, 0) * 1000000))) AS millionths
FROM labels AS l
ARRAY JOIN arrayFlatten(arrayMap(moved -> [
    if(l.champion_model = '',
        ('champion', toString(l.model), 1, toString(l.verdict), l.probability, moved.1, moved.2),
        ('champion', toString(l.champion_model), 0, toString(l.champion_verdict), l.champion_probability, moved.1, moved.2)),
    ('challenger', toString(l.challenger_model), if(l.champion_model = '', 0, 1), toString(l.challenger_verdict), l.challenger_probability,
        moved.1, moved.2)],
    arrayFilter(moved -> moved.1 != '', [(toString(l.stood_before), -1), (toString(l.stands_after), 1)]))) AS each
WHERE l.stood_before != l.stands_after AND each.2 != ''
GROUP BY engine, day, role, scored_by, decided, verdict, from_millionths, label
