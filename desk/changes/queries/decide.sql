-- Grain: one proposal. Reader: whoever approves, rejects or withdraws it. Cost: one row by key.
UPDATE change_proposals
SET state = %(state)s, decided_by_id = %(decided_by_id)s, decided_by_name = %(decided_by_name)s,
    decided_at = %(now)s, note = %(note)s, difference = %(difference)s
WHERE proposal_id = %(proposal_id)s
RETURNING *
