-- What is left of a person's run, in its order.
-- Grain: one row a review, at most `most`.  Reader: page Review, at each opening.  Cost: the run's payments.
SELECT one.*
FROM review_runs
CROSS JOIN LATERAL unnest(review_runs.review_ids) WITH ORDINALITY AS item (review_id, place)
JOIN reviews AS one USING (review_id)
WHERE review_runs.person_id = %(person)s AND review_runs.engine = %(engine)s
  AND one.queue = review_runs.queue
  AND (%(accounts)s::text[] IS NULL OR one.merchant_account = ANY (%(accounts)s))
  AND review_is_free(one, %(person)s, %(takes_large)s, %(now)s)
ORDER BY item.place
LIMIT %(most)s
