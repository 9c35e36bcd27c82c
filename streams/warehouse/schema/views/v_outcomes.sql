-- Grain: one outcome of one attempt; what was reported again is left out.
-- Reader: analysts who ask what became of payments. Amounts in minor units, reference amounts in EUR cents at the rate of the decision.
-- Cost: a scan of `outcomes`; filter on engine and cohort_at, which the table is sorted by.
CREATE OR REPLACE VIEW v_outcomes AS
SELECT
    engine,
    cohort_at,
    at,
    kind,
    merchant_account,
    payment_id,
    attempt,
    amount,
    currency,
    reference_amount,
    decline_group,
    response_code,
    refund_reason,
    first_of_kind,
    challenged,
    decision_known,
    verdict,
    decided_by,
    deciding_rule,
    hits,
    model,
    ruleset,
    merchant_id,
    merchant_country,
    mcc,
    channel,
    method,
    card,
    bin,
    issuer_country,
    customer,
    device,
    ip_network,
    email,
    delivery_address
FROM outcomes
WHERE NOT repeated
