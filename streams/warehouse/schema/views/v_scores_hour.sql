-- Grain: engine, hour of engine time, role, model, whether its score decided, verdict, bin of probability; repeated answers are left out.
-- Reader: data scientists who compare models. `from_millionths` is the lower bound of the bin; -1: the model gave no probability.
-- Cost: a sum over `scores_by_hour`; filter on engine and hour.
CREATE OR REPLACE VIEW v_scores_hour AS
SELECT
    engine,
    hour,
    role,
    scored_by,
    decided,
    verdict,
    from_millionths,
    sum(t.scores) AS scores,
    sum(t.millionths) AS millionths
FROM scores_by_hour AS t
GROUP BY engine, hour, role, scored_by, decided, verdict, from_millionths
