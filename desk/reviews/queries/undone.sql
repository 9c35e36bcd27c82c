-- What a person took back last, while they have done nothing since.
-- Grain: one row, or none.  Reader: page Review.  Cost: an index, at most some dozens of rows.
SELECT action.kind, action.undone_at,
    array_agg(one.payment_id ORDER BY one.review_id) AS payment_ids,
    coalesce(array_agg(one.payment_id ORDER BY one.review_id) FILTER (WHERE one.state IN ('waiting', 'second')), '{}')
        AS open_again,
    (SELECT min(conclusion) FROM review_verdicts WHERE action_id = action.action_id) AS conclusion
FROM (
    SELECT * FROM review_actions
    WHERE person_id = %(person)s AND engine = %(engine)s AND done_at > %(since)s
    ORDER BY greatest(done_at, undone_at) DESC, undone_at IS NOT NULL, action_id
    LIMIT 1
) AS action
JOIN review_steps USING (action_id)
JOIN reviews AS one USING (review_id)
WHERE action.undone_at IS NOT NULL
GROUP BY action.action_id, action.kind, action.undone_at
