-- Grain: attempts by card at a distance of a merchant, country, scheme and day. Begins with attempts.sql.
-- Reader: the meter of enumeration, as models.meters.enumeration estimates it: bursts of an hour, by BIN and by device.
-- Cost: that of attempts.sql, and two windows over a part of the merchants.
SELECT
    merchant_id, merchant_account, merchant_country, scheme, toRelativeDayNum(occurred_at, 'UTC') AS day,
    count() AS attempts,
    countIf(
        (bin != '' AND bin_cards >= {bin_cards_from:UInt32} AND bin_declined * 10000 >= {bin_declined_from:UInt32} * bin_attempts)
        OR (device != '' AND device_cards >= {device_cards_from:UInt32}
            AND device_declined * 10000 >= {device_declined_from:UInt32} * device_attempts)
    ) AS enumerated
FROM (
    SELECT
        merchant_id, merchant_account, merchant_country, scheme, occurred_at, bin, device,
        verdict = 'decline' OR issuer_declined AS is_declined,
        uniqExact(card) OVER by_bin AS bin_cards,
        count() OVER by_bin AS bin_attempts,
        countIf(is_declined) OVER by_bin AS bin_declined,
        uniqExact(card) OVER by_device AS device_cards,
        count() OVER by_device AS device_attempts,
        countIf(is_declined) OVER by_device AS device_declined
    FROM attempts
    WHERE by_card AND NOT at_terminal
    WINDOW
        by_bin AS (PARTITION BY merchant_id, toRelativeHourNum(occurred_at, 'UTC'), bin),
        by_device AS (PARTITION BY merchant_id, toRelativeHourNum(occurred_at, 'UTC'), device)
)
GROUP BY merchant_id, merchant_account, merchant_country, scheme, day
