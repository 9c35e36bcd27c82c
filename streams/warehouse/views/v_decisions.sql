-- Grain: one payment decided (merchant account, payment id, attempt, phase); repeated answers are left out.
-- Reader: analysts and fraud teams who look at single payments. Amounts in minor units, reference amounts in EUR cents.
-- Cost: a scan of `decisions`; filter on engine and engine_time, which the table is sorted by, or on payment_id (bloom filter).
CREATE OR REPLACE VIEW v_decisions AS
SELECT
    engine,
    engine_time,
    merchant_account,
    payment_id,
    attempt,
    phase,
    verdict,
    probability,
    score,
    hits,
    decided_by,
    level,
    tags,
    shadow_hits,
    reasons,
    propensity,
    sca,
    sca_exemption,
    liability,
    amount,
    currency,
    reference_amount,
    method,
    merchant_id,
    merchant_country,
    occurred_at,
    received_at,
    decided_at,
    latency_ms,
    model,
    ruleset,
    policy,
    catalogue,
    degraded,
    sequence
FROM decisions
WHERE NOT duplicate
