-- Grain: card payments at a distance, paid back or not, of a day and currency. Begins with attempts.sql.
-- Reader: the exemption for transaction risk.
-- Cost: that of attempts.sql.
SELECT
    toRelativeDayNum(occurred_at, 'UTC') AS day, currency, sum(toInt128(amount)) AS paid,
    sumIf(toInt128(amount), label = 'fraud') AS fraud
FROM attempts
WHERE by_card AND NOT at_terminal AND executed
GROUP BY day, currency
