-- Grain: one stage of one dispute, or fraud notice, reached in the window or in the year before it.
-- Reader: scheme meters.
-- Cost: a scan of `disputes` of the engine.
SELECT
    merchant_account, payment_id, attempt, merchant_id, merchant_country, dispute_id, stage,
    toUnixTimestamp64Milli(at) AS at_ms, scheme, reason_code, ground, dispute_channel, disputed_amount, currency
FROM disputes
WHERE engine = {engine:String} AND NOT repeated
    AND at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND appended_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
