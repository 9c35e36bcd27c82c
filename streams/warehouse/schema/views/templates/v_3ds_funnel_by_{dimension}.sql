-- Grain: engine, day of the decision (cohort), {named}.
-- Reader: analysts who watch what 3-D Secure costs. Counts are attempts: asked for a challenge, then what became of them. What happens after a later decision of another day counts on that day: where that leaves no challenges, rates are null.
-- Cost: a sum over `decisions_by_day` and `outcomes_by_day` of one dimension; filter on engine and day.
CREATE OR REPLACE VIEW v_3ds_funnel{suffix} AS
SELECT
    engine,
    day,
    {column}sum(m.asked) AS challenged,
    sumIf(m.happened, m.kind = 'authenticated') AS authenticated,
    sumIf(m.happened, m.kind = 'authentication_failed') AS authentication_failed,
    challenged - authenticated - authentication_failed AS without_result,
    sumIf(m.happened, m.kind = 'authorised') AS authorised,
    sumIf(m.happened, m.kind = 'declined') AS declined_by_issuer,
    sumIf(m.happened, m.kind = 'captured') AS captured,
    if(challenged <= 0, NULL, authenticated / challenged) AS authentication_rate,
    if(challenged <= 0, NULL, authorised / challenged) AS success_rate
FROM
(
    SELECT engine, day, value, '' AS kind, decisions AS asked, toInt64(0) AS happened
    FROM decisions_by_day WHERE dimension = '{dimension}' AND verdict = 'challenge'
    UNION ALL
    SELECT engine, day, value, kind, 0, payments
    FROM outcomes_by_day WHERE dimension = '{dimension}' AND challenged
) AS m
GROUP BY engine, day, value
