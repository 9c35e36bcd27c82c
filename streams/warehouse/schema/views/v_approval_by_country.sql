-- Grain: engine, hour of engine time, merchant country.
-- Reader: analysts who watch approval rates. Rates are shares of decisions, 0..1; amounts in EUR cents.
-- Cost: a sum over `decisions_hour`; filter on engine and hour.
CREATE OR REPLACE VIEW v_approval_by_country AS
SELECT
    engine,
    hour,
    merchant_country,
    sum(t.decisions) AS decisions,
    sumIf(t.decisions, verdict = 'approve') AS approved,
    sumIf(t.decisions, verdict = 'challenge') AS challenged,
    sumIf(t.decisions, verdict = 'review') AS reviewed,
    sumIf(t.decisions, verdict = 'decline') AS declined,
    if(decisions = 0, NULL, approved / decisions) AS approval_rate,
    sum(t.reference_amount) AS reference_amount,
    sumIf(t.reference_amount, verdict = 'approve') AS approved_reference_amount
FROM decisions_hour AS t
GROUP BY engine, hour, merchant_country
