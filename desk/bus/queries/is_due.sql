-- Whether any message waits that is due.
-- Grain: one row.  Reader: the sender, several times a second.  Cost: an index.
SELECT EXISTS (
    SELECT FROM outbox WHERE engine = %(engine)s AND state = 'waiting' AND not_before <= %(now)s
) AS is_due
