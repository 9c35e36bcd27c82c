-- Grain: captured card payments of a merchant, country, scheme, day and way. Begins with attempts.sql.
-- Reader: scheme meters.
-- Cost: that of attempts.sql.
SELECT
    merchant_id, merchant_account, merchant_country, scheme, toRelativeDayNum(first_captured, 'UTC') AS day,
    NOT at_terminal AS card_absent, authenticated, count() AS payments
FROM attempts
WHERE by_card AND isNotNull(first_captured)
GROUP BY merchant_id, merchant_account, merchant_country, scheme, day, card_absent, authenticated
