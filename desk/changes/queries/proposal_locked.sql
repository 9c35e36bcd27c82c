-- Grain: one proposal, held until the end of the transaction: two who decide at once come one after the other.
-- Reader: whoever decides. Cost: one row by key.
SELECT * FROM change_proposals WHERE proposal_id = %(proposal_id)s FOR UPDATE
