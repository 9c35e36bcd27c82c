-- The newest thing that a person did and may still take back, locked.
-- Grain: one row, or none.  Reader: undo.  Cost: an index.
SELECT action_id, kind, done_at, undo_until FROM review_actions
WHERE person_id = %(person)s AND engine = %(engine)s AND undone_at IS NULL AND undo_until > %(now)s
ORDER BY done_at DESC, action_id
LIMIT 1
FOR UPDATE
