-- Grain: one proposal. Reader: its page. Cost: one row by key.
SELECT * FROM change_proposals WHERE proposal_id = %(proposal_id)s
