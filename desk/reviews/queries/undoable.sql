-- The newest thing that a person did and may still take back, with its payments.
-- Grain: one row, or none.  Reader: page Review.  Cost: an index, at most some dozens of rows.
SELECT action.action_id, action.kind, action.done_at, action.undo_until,
    array_agg(one.payment_id ORDER BY one.review_id) AS payment_ids,
    (SELECT min(conclusion) FROM review_verdicts WHERE action_id = action.action_id) AS conclusion
FROM (
    SELECT * FROM review_actions
    WHERE person_id = %(person)s AND engine = %(engine)s AND undone_at IS NULL AND undo_until > %(now)s
    ORDER BY done_at DESC, action_id
    LIMIT 1
) AS action
JOIN review_steps USING (action_id)
JOIN reviews AS one USING (review_id)
GROUP BY action.action_id, action.kind, action.done_at, action.undo_until
