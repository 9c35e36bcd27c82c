-- Grain: engine, model on trial, hour of engine time, whether the challenger decided (canary), verdict; repeated answers are left out.
-- Reader: data scientists and fraud teams who compare a challenger with the champion. `disagreed`: the other model would have said something else.
-- Cost: a sum over `trials_by_hour`; filter on engine and hour.
CREATE OR REPLACE VIEW v_trials AS
SELECT
    engine,
    challenger_model,
    hour,
    canary,
    verdict,
    sum(t.decisions) AS decisions,
    sum(t.reference_amount) AS reference_amount,
    sum(t.disagreed) AS disagreed,
    decisions - sum(t.challenger_scored) AS without_probability,
    if(sum(t.challenger_scored) = 0, NULL, sum(t.challenger_millionths) / sum(t.challenger_scored) / 1000000) AS challenger_probability,
    if(sum(t.champion_scored) = 0, NULL, sum(t.champion_millionths) / sum(t.champion_scored) / 1000000) AS champion_probability
FROM trials_by_hour AS t
GROUP BY engine, challenger_model, hour, canary, verdict
