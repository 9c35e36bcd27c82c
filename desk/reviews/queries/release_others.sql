-- Frees what a person holds, but for one payment.
-- Grain: one row a review, at most one.  Reader: claims.  Cost: an index.
UPDATE reviews SET claimed_by = NULL, claimed_name = NULL, claim_until = NULL
WHERE claimed_by = %(person)s AND review_id <> %(review)s
