-- Grain: one payment that was answered with a refusal instead of a decision; sent twice, it is here twice.
-- Reader: whoever runs a payment service and asks which payments to mend; fraud teams who look for one that was never decided (not those of the reason `conflict`: another message of that id was).
-- Cost: a scan of `dead_letters` without its payloads; filter on engine and received_at.
CREATE OR REPLACE VIEW v_refusals AS
SELECT
    engine,
    received_at,
    merchant_account,
    payment_id,
    reason,
    detail,
    topic,
    partition,
    offset
FROM dead_letters
WHERE answered
