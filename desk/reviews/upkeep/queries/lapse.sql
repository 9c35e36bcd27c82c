-- Applies the default to locked payments.
-- Grain: one row a review.  Reader: the deadlines.  Cost: the primary key.
UPDATE reviews SET state = 'lapsed', conclusion = %(conclusion)s, closed_at = %(now)s, claimed_by = NULL,
    claimed_name = NULL, claim_until = NULL
WHERE review_id = ANY (%(reviews)s)
