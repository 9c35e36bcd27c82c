-- Takes the oldest messages that are due: from here on they can no longer be taken back.
-- Grain: one row a message, at most `most`.  Reader: the sender, several times a second.  Cost: an index.
WITH due AS (
    SELECT outbox_id FROM outbox
    WHERE engine = %(engine)s AND state = 'waiting' AND not_before <= %(now)s
    ORDER BY not_before, place
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox SET state = 'sending', read_from = (%(ends)s::jsonb ->> outbox.topic)::bigint
FROM due WHERE outbox.outbox_id = due.outbox_id
RETURNING outbox.outbox_id, outbox.place, outbox.topic, outbox.kind, outbox.key, outbox.value
