-- What people have concluded on a payment, and not taken back.
-- Grain: one row a person.  Reader: page Review and verdicts.  Cost: an index, at most three rows.
SELECT person_id, person_name, conclusion, reason, given_at FROM review_verdicts
WHERE review_id = %(review)s AND undone_at IS NULL
ORDER BY given_at, verdict_id
