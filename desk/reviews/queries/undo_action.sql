-- Notes that an action was taken back.
-- Grain: one row.  Reader: undo.  Cost: the primary key.
UPDATE review_actions SET undone_at = %(now)s WHERE action_id = %(action)s
