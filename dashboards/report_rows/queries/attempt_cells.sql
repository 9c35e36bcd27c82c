-- Grain: attempts by card at a distance of a merchant, country, scheme, BIN and hour. Begins with attempts.sql.
-- Reader: the meter of enumeration.
-- Cost: that of attempts.sql; cells of fewer cards than count are added up by hour.
SELECT
    merchant_id, merchant_account, merchant_country, scheme, hour,
    sum(cell_attempts) AS attempts, sum(cell_declined) AS declined, max(cell_cards) AS cards
FROM (
    SELECT
        merchant_id, merchant_account, merchant_country, scheme, bin, toRelativeHourNum(occurred_at, 'UTC') AS hour,
        count() AS cell_attempts,
        countIf(verdict = 'decline' OR issuer_declined) AS cell_declined,
        uniqExact(card) AS cell_cards
    FROM attempts
    WHERE by_card AND NOT at_terminal AND bin != ''
    GROUP BY merchant_id, merchant_account, merchant_country, scheme, bin, hour
)
GROUP BY merchant_id, merchant_account, merchant_country, scheme, hour, if(cell_cards >= {cards_from:UInt32}, bin, '')
