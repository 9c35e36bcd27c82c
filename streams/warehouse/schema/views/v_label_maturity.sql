-- Grain: engine, age in days: the share of a cohort's frauds that is known so many days after the payment. Learned from cohorts of decided payments that are past their 120th day.
-- Reader: risk leads who want to know how much of a recent cohort's fraud is still to come: divide its fraud rate by the share at its age.
-- Cost: a sum over `labels_by_day` of all; filter on engine. Empty while no cohort is 120 days old; null where no fraud is left to learn from.
CREATE OR REPLACE VIEW v_label_maturity AS
SELECT
    engine,
    age_days,
    sum(sum(t.payments)) OVER (PARTITION BY engine) AS fraud,
    sum(sum(t.payments)) OVER (PARTITION BY engine ORDER BY age_days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) / nullIf(fraud, 0) AS share
FROM labels_by_day AS t
WHERE dimension = 'all' AND label = 'fraud' AND verdict != '' AND day <= today() - 122 AND age_days <= 120
GROUP BY engine, age_days
