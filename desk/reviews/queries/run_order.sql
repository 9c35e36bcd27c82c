-- The order of a run: what a person may claim now, as it stands.
-- Grain: one row a review, at most `most`.  Reader: the start of a run.  Cost: an index in the queue's order.
SELECT review_id FROM reviews
WHERE engine = %(engine)s AND queue = %(queue)s AND state IN ('waiting', 'second')
  AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
  AND review_is_free(reviews, %(person)s, %(takes_large)s, %(now)s)
ORDER BY rank DESC, review_id
LIMIT %(most)s
