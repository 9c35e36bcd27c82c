-- Grain: one dispute, or fraud notice, with the stage it has reached.
-- Reader: dispute teams and analysts. Amounts in minor units, reference amounts in EUR cents at the rate of the decision.
-- Cost: a scan of `disputes`; filter on engine, and on payment_id where single payments are meant.
CREATE OR REPLACE VIEW v_disputes AS
SELECT
    engine,
    merchant_account,
    payment_id,
    attempt,
    dispute_id,
    argMax(t.stage, (t.at, t.log_offset)) AS stage,
    min(t.at) AS opened_at,
    max(t.at) AS reached_at,
    groupUniqArray(t.stage) AS stages,
    has(stages, 'fraud_notice') AS is_fraud_notice,
    has(stages, 'chargeback') AS is_chargeback,
    argMax(t.disputed_amount, t.log_offset) AS disputed_amount,
    any(t.currency) AS currency,
    argMax(t.reference_amount, t.log_offset) AS reference_amount,
    argMax(t.scheme, t.log_offset) AS scheme,
    argMax(t.reason_code, t.log_offset) AS reason_code,
    argMax(t.ground, t.log_offset) AS ground,
    argMax(t.cohort_at, t.log_offset) AS cohort_at,
    argMax(t.verdict, t.log_offset) AS verdict,
    any(t.merchant_id) AS merchant_id,
    any(t.card) AS card
FROM disputes AS t
WHERE NOT repeated
GROUP BY engine, merchant_account, payment_id, attempt, dispute_id
