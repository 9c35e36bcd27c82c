-- The run that a person is in, what is left of it, and what came since.
-- Grain: one row, or none.  Reader: page Review.  Cost: the primary key, and some hundred reviews of the run.
SELECT run_id, queue, began_at, cardinality(review_ids) AS length,
    (SELECT count(*) FROM reviews
     WHERE review_id = ANY (review_runs.review_ids) AND state IN ('waiting', 'second')
       AND review_is_free(reviews, %(person)s, %(takes_large)s, %(now)s)) AS left,
    (SELECT count(*) FROM reviews
     WHERE reviews.engine = review_runs.engine AND reviews.queue = review_runs.queue
       AND state IN ('waiting', 'second') AND arrived_at > review_runs.began_at
       AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))) AS since
FROM review_runs
WHERE person_id = %(person)s AND engine = %(engine)s
