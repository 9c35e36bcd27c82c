-- One payment that a person asks for, locked where they may claim it now.
-- Grain: one row, or none.  Reader: a reviewer who opens one.  Cost: the primary key.
SELECT * FROM reviews
WHERE review_id = %(review)s AND engine = %(engine)s
  AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
  AND review_is_free(reviews, %(person)s, %(takes_large)s, %(now)s)
FOR UPDATE SKIP LOCKED
