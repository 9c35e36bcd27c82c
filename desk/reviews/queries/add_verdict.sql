-- A person's conclusion on one payment.
-- Grain: one row.  Reader: verdicts.  Cost: the primary key, two indexes.
INSERT INTO review_verdicts (verdict_id, review_id, action_id, person_id, person_name, conclusion, reason, given_at)
VALUES (%(verdict)s, %(review)s, %(action)s, %(person)s, %(name)s, %(conclusion)s, %(reason)s, %(now)s)
