-- Grain: one approved proposal that could not be published. Reader: its page. Cost: one row by key.
UPDATE change_proposals SET trouble = %(trouble)s WHERE proposal_id = %(proposal_id)s AND state = 'approved'
