-- The messages of one action, locked: the sender leaves them alone meanwhile.
-- Grain: one row a message.  Reader: the outbox, at an undo.  Cost: an index, at most some dozens of rows.
SELECT state FROM outbox WHERE action_id = %(action_id)s ORDER BY place FOR UPDATE
