-- Grain: engine, day of the decision (cohort), {named}.
-- Reader: analysts who watch what issuers answer. Attempts are counted once however often an answer was sent; amounts in EUR cents at the rate of the decision.
-- Cost: a sum over `outcomes_by_day` of one dimension; filter on engine and day.
CREATE OR REPLACE VIEW v_authorisation{suffix} AS
SELECT
    engine,
    day,
    {column}sumIf(t.payments, kind = 'authorised') AS authorised,
    sumIf(t.payments, kind = 'declined') AS declined,
    if(authorised + declined = 0, NULL, authorised / (authorised + declined)) AS authorisation_rate,
    sumIf(t.payments, kind = 'captured') AS captured,
    sumIf(t.payments, kind = 'refunded') AS refunded,
    sumIf(t.reference_amount, kind = 'authorised') AS authorised_reference_amount,
    sumIf(t.reference_amount, kind = 'captured') AS captured_reference_amount,
    sumIf(t.reference_amount, kind = 'refunded') AS refunded_reference_amount,
    sumIf(t.payments, kind = 'declined' AND decline_group = 'insufficient_funds') AS declined_insufficient_funds,
    sumIf(t.payments, kind = 'declined' AND decline_group = 'authentication_required') AS declined_authentication_required,
    sumIf(t.payments, kind = 'declined' AND decline_group IN ('suspected_fraud', 'lost_or_stolen')) AS declined_suspected_fraud
FROM outcomes_by_day AS t
WHERE dimension = '{dimension}'
GROUP BY engine, day, value
