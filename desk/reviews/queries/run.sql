-- The run that a person is in: what is left of it, what they did in it, and how many are open in its queue.
-- Grain: one row, or none.  Reader: page Review.  Cost: the primary key, some hundred reviews of the run, the open
-- reviews of its queue, and the person's actions since it began.
SELECT run_id, review_runs.queue, began_at, cardinality(review_ids) AS length,
    array_position(review_ids, %(review)s::bigint) AS place,
    (SELECT count(*) FROM reviews
     WHERE review_id = ANY (review_runs.review_ids) AND state IN ('waiting', 'second')
       AND reviews.queue = review_runs.queue
       AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
       AND review_is_free(reviews, %(person)s, %(takes_large)s, %(now)s)) AS left,
    queued.since, queued.queued, done.approved, done.declined, done.escalated, done.undone
FROM review_runs
CROSS JOIN LATERAL (
    SELECT count(*) AS queued, count(*) FILTER (WHERE arrived_at > review_runs.began_at) AS since
    FROM reviews
    WHERE reviews.engine = review_runs.engine AND reviews.queue = review_runs.queue
      AND state IN ('waiting', 'second')
      AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
) AS queued
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE given.conclusion = 'approve' AND given.undone_at IS NULL) AS approved,
        count(*) FILTER (WHERE given.conclusion = 'decline' AND given.undone_at IS NULL) AS declined,
        count(*) FILTER (WHERE one.kind = 'escalation' AND one.undone_at IS NULL) AS escalated,
        count(*) FILTER (WHERE one.undone_at IS NOT NULL) AS undone
    FROM review_actions AS one LEFT JOIN review_verdicts AS given USING (action_id)
    WHERE one.person_id = review_runs.person_id AND one.engine = review_runs.engine
      AND one.done_at >= review_runs.began_at
) AS done
WHERE review_runs.person_id = %(person)s AND review_runs.engine = %(engine)s
