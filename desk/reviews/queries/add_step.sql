-- What an action changed a payment from, and to.
-- Grain: one row.  Reader: verdicts and escalations.  Cost: the primary key, an index.
INSERT INTO review_steps (action_id, review_id, state_before, queue_before, state_after)
VALUES (%(action)s, %(review)s, %(state_before)s, %(queue_before)s, %(state_after)s)
