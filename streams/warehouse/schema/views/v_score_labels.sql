-- Grain: engine, day of decision, role, model, whether its score decided, verdict, bin of probability, label that stands.
-- Reader: data scientists who ask how good a model is. `from_millionths` is the lower bound of the bin; -1: the model gave no probability.
-- Cost: a sum over `score_labels_by_day`; filter on engine and day.
CREATE OR REPLACE VIEW v_score_labels AS
SELECT
    engine,
    day,
    role,
    scored_by,
    decided,
    verdict,
    from_millionths,
    label,
    sum(t.payments) AS payments,
    sum(t.millionths) AS millionths
FROM score_labels_by_day AS t
GROUP BY engine, day, role, scored_by, decided, verdict, from_millionths, label
HAVING payments != 0
