-- Grain: plain payments of a day, model, ending and range of probability, as models.decided_payments.gathering has them.
-- Reader: the daily fraud report.
-- Cost: that of attempts.sql.
SELECT
    count() AS payments,
    toRelativeDayNum(occurred_at, 'UTC') AS occurred_day,
    toRelativeDayNum(engine_time, 'UTC') AS decided_day,
    model,
    executed,
    let_through,
    issuer_declined,
    arrayCount(edge -> probability_micro >= edge, {edges:Array(Int64)}) AS range,
    sum(toInt128(reference_amount)) AS amounts,
    intDiv(sum(probability_micro), count()) AS mean_micro
FROM attempts
WHERE plain
GROUP BY occurred_day, decided_day, model, executed, let_through, issuer_declined, range
