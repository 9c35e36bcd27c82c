-- Grain: one decision of one payment (merchant account, payment id, attempt, phase); repeated answers are left out. Oldest first.
-- Reader: the page Payment.
-- Cost: the timeline gives the times, and these the rows by the sorting key of `decisions`: some granules.
SELECT
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
    sca_scope,
    liability,
    challenger_model,
    challenger_probability,
    challenger_verdict,
    champion_model,
    champion_probability,
    champion_verdict,
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
    redacted,
    sequence,
    deciding_rule,
    payment_known,
    card,
    bin,
    issuer_country,
    customer,
    device,
    ip_network,
    email,
    delivery_address,
    mcc,
    channel,
    three_ds_result,
    superseded_verdict,
    late
FROM v_decisions
WHERE engine = {engine:String}
    AND engine_time IN
    (
        SELECT at FROM v_timeline
        WHERE engine = {engine:String} AND token = {payment_id:String} AND entity = 'payment' AND event = 'decision'
    )
    AND payment_id = {payment_id:String}
    AND ({account:String} = '' OR merchant_account = {account:String})
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
ORDER BY engine_time, sequence
LIMIT 100
