-- Messages of a sender that ended before it noted what became of them.
-- Grain: one row a message.  Reader: the sender, before each turn.  Cost: an index that is mostly empty.
SELECT outbox_id, place, topic, kind, key, value, read_from FROM outbox
WHERE engine = %(engine)s AND state = 'sending'
ORDER BY place
