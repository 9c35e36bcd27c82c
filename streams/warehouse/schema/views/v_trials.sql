-- Grain: engine, model on trial, hour of engine time, whether the challenger decided (canary), verdict; repeated answers are left out.
-- Reader: data scientists and fraud teams who compare a challenger with the champion. `disagreed`: the other model would have said something else.
-- Cost: a scan of `decisions`; filter on engine and hour, which the table is sorted by.
CREATE OR REPLACE VIEW v_trials AS
SELECT
    engine,
    challenger_model,
    toStartOfHour(engine_time) AS hour,
    champion_model != '' AS canary,
    verdict,
    count() AS decisions,
    sum(t.reference_amount) AS reference_amount,
    countIf(verdict != if(champion_model != '', champion_verdict, challenger_verdict)) AS disagreed,
    countIf(t.challenger_probability IS NULL) AS without_probability,
    avg(t.challenger_probability) AS challenger_probability,
    avg(if(champion_model != '', t.champion_probability, probability)) AS champion_probability
FROM decisions AS t
WHERE NOT duplicate AND challenger_model != ''
GROUP BY engine, challenger_model, hour, canary, verdict
