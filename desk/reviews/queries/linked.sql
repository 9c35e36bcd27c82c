-- Other open payments of the same card or device.
-- Grain: one row a review, at most `most`.  Reader: page Review, at each opening.  Cost: two indexes.
SELECT * FROM reviews
WHERE engine = %(engine)s AND review_id <> %(review)s AND state IN ('waiting', 'second')
  AND (card = %(card)s OR device = %(device)s)
  AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
ORDER BY rank DESC, review_id
LIMIT %(most)s
