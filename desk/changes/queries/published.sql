-- Grain: one approved proposal: it is on the log. Reader: whoever published it, or found it there. Cost: one row by key.
UPDATE change_proposals
SET state = 'published', log_offset = %(log_offset)s, published_at = %(now)s, trouble = ''
WHERE proposal_id = %(proposal_id)s AND state = 'approved'
