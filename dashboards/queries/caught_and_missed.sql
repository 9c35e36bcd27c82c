-- EUR of fraud that was caught, challenged or missed, and of good customers who were turned away, by week.
-- Grain: week, meaning.
-- Reader: risk leads.
-- Cost: a sum over labels_by_day of all.
SELECT toDateTime(toStartOfWeek(day, 1)) AS time, meaning, toFloat64(sum(reference_amount)) / 100 AS eur
FROM v_caught_and_missed
WHERE engine = '$engine' AND $__dateFilter(day) AND meaning != 'other'
GROUP BY time, meaning
ORDER BY time, meaning
