-- How many payments had which probability, by day; the unfinished day left out.
-- Grain: day of engine time.
-- Reader: data scientists.
-- Cost: a sum over decisions_hour.
SELECT toStartOfDay(hour) AS time, sumMap(v.probability_histogram) AS histogram
FROM v_hour AS v
WHERE engine = {engine:String} AND hour >= toStartOfDay(now()) - toIntervalDay({days:UInt16}) AND hour < toStartOfDay(now())
    AND (empty({accounts:Array(String)}))
GROUP BY time
ORDER BY time
LIMIT 120
