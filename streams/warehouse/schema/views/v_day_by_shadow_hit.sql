-- Grain: engine, day of engine time, merchant account, rule on trial, verdict; repeated answers are left out.
-- Reader: rule authors who ask what a rule would have hit. A decision counts under each rule, so rules do not add up.
-- Cost: a sum over `shadow_hits_by_day`; filter on engine and day.
CREATE OR REPLACE VIEW v_day_by_shadow_hit AS
SELECT
    engine,
    day,
    merchant_account,
    rule,
    verdict,
    sum(t.decisions) AS decisions,
    sum(t.reference_amount) AS reference_amount
FROM shadow_hits_by_day AS t
GROUP BY engine, day, merchant_account, rule, verdict
