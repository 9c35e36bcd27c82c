-- Grain: engine, day of decision, merchant account, rule on trial, verdict, label that stands.
-- Reader: rule authors who ask how good a rule would be. A payment counts under each rule, so rules do not add up.
-- Cost: a sum over `shadow_labels_by_day`; filter on engine and day.
CREATE OR REPLACE VIEW v_shadow_labels AS
SELECT
    engine,
    day,
    merchant_account,
    rule,
    verdict,
    label,
    sum(t.payments) AS payments,
    sum(t.reference_amount) AS reference_amount
FROM shadow_labels_by_day AS t
GROUP BY engine, day, merchant_account, rule, verdict, label
HAVING payments != 0
