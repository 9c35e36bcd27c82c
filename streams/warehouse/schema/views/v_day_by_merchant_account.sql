-- Grain: engine, day of engine time, merchant, merchant account; repeated answers are left out.
-- Reader: analysts who ask which merchants belong to whom: a merchant may be paid through several merchant accounts.
-- Cost: a sum over `merchant_accounts_by_day`; filter on engine and day.
CREATE OR REPLACE VIEW v_day_by_merchant_account AS
SELECT
    engine,
    day,
    merchant_id,
    merchant_account,
    sum(t.decisions) AS decisions,
    sum(t.reference_amount) AS reference_amount
FROM merchant_accounts_by_day AS t
GROUP BY engine, day, merchant_id, merchant_account
