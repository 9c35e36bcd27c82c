-- Takes a payment out of the queue: a later decision of the same attempt is no review.
-- Grain: one row, or none.  Reader: the consumer.  Cost: the unique key.
UPDATE reviews SET state = 'withdrawn', closed_at = %(now)s, claimed_by = NULL, claimed_name = NULL, claim_until = NULL
WHERE engine = %(engine)s AND merchant_account = %(merchant_account)s AND payment_id = %(payment_id)s
  AND attempt = %(attempt)s AND state IN ('waiting', 'second')
RETURNING review_id
