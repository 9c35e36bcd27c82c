-- Puts a locked payment where an action leaves it, free of claims.
-- Grain: one row.  Reader: verdicts, escalations, undo.  Cost: the primary key.
UPDATE reviews SET state = %(state)s, queue = %(queue)s, conclusion = %(conclusion)s, closed_at = %(closed_at)s,
    ready_at = %(ready_at)s, claimed_by = NULL, claimed_name = NULL, claim_until = NULL
WHERE review_id = %(review)s
RETURNING *
