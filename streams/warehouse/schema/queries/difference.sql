-- What has to be added to an aggregate so that it equals what the rows below it add up to; no rows when it does.
-- {{feed}} stands for the SELECT of the materialised view that fills it, as ClickHouse knows it; {{keys}} and the
-- measures for its columns (streams/warehouse/sink/aggregates.py).
-- Grain: the key of the aggregate. Reader: a sink that repeats a range. Cost: rows between two times of one engine.
SELECT {{keys}}, {{sums}}
FROM
(
    SELECT {{keys}}, {{measures}} FROM ({{feed}}) WHERE engine = {engine:String} AND {{between}}
    UNION ALL
    SELECT {{keys}}, {{negated}} FROM {{target}} WHERE engine = {engine:String} AND {{between}}
) AS t
GROUP BY {{keys}}
HAVING {{differs}}
