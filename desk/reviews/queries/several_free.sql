-- Payments of a choice that a person may conclude on now, locked; others are passed over.
-- Grain: one row a review.  Reader: a verdict on linked payments.  Cost: the primary key, some dozens of rows.
SELECT * FROM reviews
WHERE review_id = ANY (%(reviews)s) AND engine = %(engine)s
  AND (card = %(card)s OR device = %(device)s)
  AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
  AND review_is_free(reviews, %(person)s, %(takes_large)s, %(now)s)
ORDER BY review_id
FOR UPDATE SKIP LOCKED
