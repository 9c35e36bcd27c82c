-- Grain: one payment message that could be read; the same payment sent again, or in another phase, is another row.
-- Reader: analysts and fraud teams who look at what was asked. What was decided on it is in v_decisions, with the same tokens.
-- Cost: a scan of `payments`; filter on engine and received_at, which the table is sorted by, or on payment_id (bloom filter).
CREATE OR REPLACE VIEW v_payments AS
SELECT
    engine,
    received_at,
    occurred_at,
    merchant_account,
    payment_id,
    attempt,
    phase,
    amount,
    currency,
    method,
    card,
    bin,
    issuer_country,
    customer,
    customer_since,
    device,
    ip_network,
    email,
    delivery_address,
    merchant_id,
    mcc,
    merchant_country,
    channel,
    three_ds_version,
    three_ds_result,
    eci,
    liability_shift,
    sca_exemption_asked,
    merchant_initiated,
    avs_result,
    cvv_result,
    metadata,
    redacted
FROM payments
