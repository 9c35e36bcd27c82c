-- One payment, as it is.
-- Grain: one row, or none.  Reader: page Review.  Cost: the primary key.
SELECT * FROM reviews
WHERE review_id = %(review)s AND engine = %(engine)s
  AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
