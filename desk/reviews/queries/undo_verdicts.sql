-- Takes back the conclusions of an action.
-- Grain: one row a review.  Reader: undo.  Cost: an index.
UPDATE review_verdicts SET undone_at = %(now)s WHERE action_id = %(action)s AND undone_at IS NULL
