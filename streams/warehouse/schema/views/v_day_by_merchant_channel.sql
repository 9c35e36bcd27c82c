-- Grain: engine, day of engine time, merchant, channel, verdict, currency.
-- Reader: analysts who ask how a merchant does in each channel. `amount` is in minor units of `currency`, the other amounts in EUR cents. `payments` counts attempts by the verdict that stands, `decisions` every answer.
-- Cost: a sum over `merchant_channels_by_day`; filter on engine and day.
CREATE OR REPLACE VIEW v_day_by_merchant_channel AS
SELECT
    engine,
    day,
    merchant_id,
    channel,
    verdict,
    currency,
    sum(t.decisions) AS decisions,
    sum(t.amount) AS amount,
    sum(t.reference_amount) AS reference_amount,
    sum(t.payments) AS payments,
    sum(t.payments_reference_amount) AS payments_reference_amount
FROM merchant_channels_by_day AS t
GROUP BY engine, day, merchant_id, channel, verdict, currency
