-- Grain: engine, day of the decision (cohort), verdict that stands, label that stands.
-- Reader: risk leads who ask what fraud was stopped, what passed, and which good customers were turned away. Amounts in EUR cents.
-- Cost: a sum over `labels_by_day` of all; filter on engine and day.
CREATE OR REPLACE VIEW v_caught_and_missed AS
SELECT
    engine,
    day,
    verdict,
    label,
    multiIf(label = 'fraud' AND verdict = 'approve', 'missed', label = 'fraud' AND verdict = 'challenge', 'challenged',
            label = 'fraud' AND verdict IN ('decline', 'review'), 'caught', label = 'legitimate' AND verdict = 'decline', 'insult',
            verdict = '', 'without decision', 'other') AS meaning,
    sum(t.payments) AS payments,
    sum(t.reference_amount) AS reference_amount
FROM labels_by_day AS t
WHERE dimension = 'all'
GROUP BY engine, day, verdict, label
HAVING payments != 0
