-- Grain: one conclusion of an analyst about a payment.
-- Reader: team leads who ask what reviews find. `is_overturned`: the conclusion speaks against the verdict.
-- Cost: a scan of `reviews`; filter on engine and at, which the table is sorted by.
CREATE OR REPLACE VIEW v_reviews AS
SELECT
    engine,
    at,
    author,
    label,
    reason,
    merchant_account,
    payment_id,
    attempt,
    verdict,
    decided_by,
    deciding_rule,
    (label = 'fraud' AND verdict = 'approve') OR (label = 'legitimate' AND verdict = 'decline') AS is_overturned,
    payment_reference_amount,
    merchant_id,
    card,
    dateDiff('minute', cohort_at, at) AS minutes_after_decision
FROM reviews
