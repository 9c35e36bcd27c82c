-- Grain: one refused message. The payload is shown as text as far as it is valid UTF-8, at most 1,000 bytes.
-- Reader: whoever runs a payment service and asks why a message was not decided.
-- Cost: a scan of `dead_letters`; filter on engine and received_at.
CREATE OR REPLACE VIEW v_dead_letters AS
SELECT
    engine,
    received_at,
    reason,
    detail,
    topic,
    partition,
    offset,
    payload_bytes,
    payload_sha256,
    masked,
    merchant_account,
    payment_id,
    answered,
    toValidUTF8(substring(ifNull(payload, ''), 1, 1000)) AS payload_start
FROM dead_letters
