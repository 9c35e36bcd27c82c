-- Feeds trials_by_hour from every block inserted into decisions.
CREATE MATERIALIZED VIEW IF NOT EXISTS trials_by_hour_feed TO trials_by_hour AS
SELECT
    engine,
    toStartOfHour(d.engine_time) AS hour,
    challenger_model,
    toBool(d.champion_model != '') AS canary,
    verdict,
    toInt64(count()) AS decisions,
    sum(toInt128(d.reference_amount)) AS reference_amount,
    toInt64(countIf(d.verdict != if(d.champion_model != '', d.champion_verdict, d.challenger_verdict))) AS disagreed,
    toInt64(countIf(d.challenger_probability IS NOT NULL)) AS challenger_scored,
    sum(toInt64(round(ifNull(d.challenger_probability, 0) * 1000000))) AS challenger_millionths,
    toInt64(countIf(if(d.champion_model != '', d.champion_probability, d.probability) IS NOT NULL)) AS champion_scored,
    sum(toInt64(round(ifNull(if(d.champion_model != '', d.champion_probability, d.probability), 0) * 1000000))) AS champion_millionths
FROM decisions AS d
WHERE NOT d.duplicate AND d.challenger_model != ''
GROUP BY engine, hour, challenger_model, canary, verdict
