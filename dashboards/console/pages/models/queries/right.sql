-- Of payments whose truth is known, which of the two models was right.
-- Grain: who was right.
-- Reader: data scientists and approvers.
-- Cost: a sum over trial_labels_by_day.
SELECT who_was_right, sum(t.payments) AS payments, sum(t.reference_amount) AS reference_amount
FROM v_trial_outcomes AS t
WHERE engine = {engine:String} AND challenger_model = {model:String} AND (empty({accounts:Array(String)}))
GROUP BY who_was_right
ORDER BY payments DESC
LIMIT 10
