-- Grain: engine, day of the decision (cohort), label, source. Only labels that changed what stood: not those that repeat it.
-- Reader: risk leads and data scientists who ask how late truth comes. Days are whole ones, rounded down.
-- Cost: a scan of five columns of `labels`; filter on engine and day.
CREATE OR REPLACE VIEW v_time_to_label AS
SELECT
    engine,
    toDate(t.cohort_at) AS day,
    label,
    source,
    count() AS payments,
    quantileExact(0.5)(t.age_days) AS p50_days,
    quantileExact(0.9)(t.age_days) AS p90_days,
    max(t.age_days) AS most_days
FROM labels AS t
WHERE stood_before != stands_after
GROUP BY engine, day, label, source
