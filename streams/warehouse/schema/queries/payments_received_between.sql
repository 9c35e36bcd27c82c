-- What the payments of one engine say that Kafka took between two times, in order of the log.
-- Grain: payment message. Reader: the sink of decisions. Cost: the payments between the two times, which the table is sorted by.
SELECT
    merchant_account, payment_id, attempt, phase, toUnixTimestamp64Milli(t.received_at) AS received_at,
    card, bin, issuer_country, customer, device, ip_network, email, delivery_address, mcc, channel, three_ds_result
FROM payments AS t
WHERE engine = {engine:String}
  AND t.received_at >= fromUnixTimestamp64Milli({first:Int64}, 'UTC')
  AND t.received_at <= fromUnixTimestamp64Milli({last:Int64}, 'UTC')
ORDER BY log_topic, log_partition, log_offset
