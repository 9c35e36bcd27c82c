-- Grain: engine, day of the decision (cohort), model on trial, whether it decided (canary), verdict of the champion, verdict of the challenger, label that stands. Labelled payments that were decided during a trial.
-- Reader: data scientists and fraud teams who ask which of two models was right. Payments are attempts, by the decision that stood when the payment's first label came; amounts in EUR cents.
-- Cost: a sum over `trial_labels_by_day`; filter on engine and day.
CREATE OR REPLACE VIEW v_trial_outcomes AS
SELECT
    engine,
    day,
    challenger_model,
    canary,
    champion_verdict,
    challenger_verdict,
    label,
    label = 'fraud' AND champion_verdict != 'approve' OR label = 'legitimate' AND champion_verdict != 'decline' AS champion_right,
    label = 'fraud' AND challenger_verdict != 'approve' OR label = 'legitimate' AND challenger_verdict != 'decline' AS challenger_right,
    multiIf(label NOT IN ('fraud', 'legitimate'), 'open', champion_right AND challenger_right, 'both', champion_right, 'champion',
            challenger_right, 'challenger', 'neither') AS who_was_right,
    sum(t.payments) AS payments,
    sum(t.reference_amount) AS reference_amount
FROM trial_labels_by_day AS t
GROUP BY engine, day, challenger_model, canary, champion_verdict, challenger_verdict, label
HAVING payments != 0
