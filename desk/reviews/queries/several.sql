-- Payments of a choice, as they are.
-- Grain: one row a review of the choice.  Reader: verdicts on linked payments.  Cost: the primary key, some dozens.
SELECT * FROM reviews
WHERE review_id = ANY (%(reviews)s) AND engine = %(engine)s
  AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
ORDER BY review_id
