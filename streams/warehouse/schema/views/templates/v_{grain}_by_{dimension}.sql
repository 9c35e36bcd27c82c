-- Grain: engine, {grain} of engine time, {named}, verdict, currency.
-- Reader: analysts and dashboards. `amount` is in minor units of `currency`, the other amounts in EUR cents. `payments` counts attempts by the verdict that stands, `decisions` every answer. A decision that a later one replaces is taken out of `payments` in the {grain} of the later one, so that these may be 0 or less.
-- Cost: a sum over `decisions_by_{grain}` of one dimension; filter on engine and {grain}.
CREATE OR REPLACE VIEW v_{grain}{verdict_suffix} AS
SELECT
    engine,
    {grain},
    {column}verdict,
    currency,
    sum(t.decisions) AS decisions,
    sum(t.amount) AS amount,
    sum(t.reference_amount) AS reference_amount,
    sum(t.payments) AS payments,
    sum(t.payments_reference_amount) AS payments_reference_amount,
    sum(t.scored) AS scored,
    if(scored = 0, NULL, sum(t.probability_millionths) / scored / 1000000) AS mean_probability,
    sum(t.degraded) AS degraded,
    sum(t.late) AS late
FROM decisions_by_{grain} AS t
WHERE dimension = '{dimension}'
GROUP BY engine, {grain}, value, verdict, currency
