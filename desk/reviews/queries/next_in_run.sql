-- The first payment of a run that a person may claim, locked; what others have locked is passed over.
-- Grain: one row, or none.  Reader: a reviewer who goes on.  Cost: the run's payments, some hundreds, by key.
SELECT one.*
FROM review_runs
CROSS JOIN LATERAL unnest(review_runs.review_ids) WITH ORDINALITY AS item (review_id, place)
JOIN reviews AS one USING (review_id)
WHERE review_runs.person_id = %(person)s AND review_runs.engine = %(engine)s
  AND one.queue = review_runs.queue AND one.review_id <> %(passed_over)s
  AND (%(accounts)s::text[] IS NULL OR one.merchant_account = ANY (%(accounts)s))
  AND review_is_free(one, %(person)s, %(takes_large)s, %(now)s)
ORDER BY item.place
LIMIT 1
FOR UPDATE OF one SKIP LOCKED
