-- Issuers whose cards are least often authorised, and why.
-- Grain: BIN.
-- Reader: payment managers.
-- Cost: a sum over outcomes_by_day of one dimension.
SELECT
    bin,
    sum(v.authorised) AS authorised,
    sum(v.declined) AS declined,
    authorised / (authorised + declined) AS authorisation_rate,
    sum(v.declined_insufficient_funds) AS insufficient_funds,
    sum(v.declined_suspected_fraud) AS suspected_fraud
FROM v_authorisation_by_bin AS v
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY bin
HAVING authorised + declined > 0
ORDER BY authorisation_rate, bin
LIMIT 20
