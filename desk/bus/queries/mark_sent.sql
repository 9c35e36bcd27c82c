-- Notes that messages are on their topic.
-- Grain: one row a message.  Reader: the sender, once a batch.  Cost: the primary key.
UPDATE outbox SET state = 'sent', sent_at = %(now)s, log_offset = sent.log_offset
FROM unnest(%(ids)s::uuid[], %(offsets)s::bigint[]) AS sent (outbox_id, log_offset)
WHERE outbox.outbox_id = sent.outbox_id AND outbox.state = 'sending'
