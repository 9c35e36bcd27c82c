-- The payments that an action changed, locked, with what they were before.
-- Grain: one row a review.  Reader: undo.  Cost: two keys.
SELECT one.review_id, one.state, review_steps.state_before, review_steps.queue_before, review_steps.state_after
FROM review_steps JOIN reviews AS one USING (review_id)
WHERE review_steps.action_id = %(action)s
ORDER BY one.review_id
FOR UPDATE OF one
