-- Grain: the payment message that one decision answers; the same payment sent again is another row.
-- Reader: the page Payment: what a decision does not repeat of its payment.
-- Cost: one granule of `payments`, found by the time of its arrival.
SELECT
    customer_since,
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
FROM v_payments
WHERE engine = {engine:String}
    AND received_at = fromUnixTimestamp64Milli({received_at:Int64}, 'UTC')
    AND payment_id = {payment_id:String}
    AND merchant_account = {account:String}
    AND attempt = {attempt:UInt8}
    AND phase = {phase:String}
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
LIMIT 1
