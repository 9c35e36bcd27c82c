-- BINs with most payments that were not approved: a BIN attack shows here first.
-- Grain: BIN.
-- Reader: fraud teams on duty.
-- Cost: a sum over decisions_by_minute of one dimension; keep the time range short.
SELECT bin, sum(v.decisions) AS decisions, sumIf(v.decisions, verdict != 'approve') AS not_approved
FROM v_minute_by_bin AS v
WHERE engine = '$engine' AND $__timeFilter(minute) AND bin != ''
GROUP BY bin
ORDER BY not_approved DESC, bin
LIMIT 20
