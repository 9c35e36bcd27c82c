-- Takes back the messages of one action that wait.
-- Grain: one row a message.  Reader: the outbox, at an undo.  Cost: an index, at most some dozens of rows.
UPDATE outbox SET state = 'cancelled' WHERE action_id = %(action_id)s AND state = 'waiting'
