-- Gives a locked payment to a person.
-- Grain: one row.  Reader: claims.  Cost: the primary key.
UPDATE reviews SET claimed_by = %(person)s, claimed_name = %(name)s, claim_until = %(until)s
WHERE review_id = %(review)s
RETURNING *
