-- Notes how far a consumer has read a topic.
-- Grain: one row.  Reader: the inbox, once a batch.  Cost: the primary key.
INSERT INTO inbox_offsets (consumer, topic, partition, next_offset)
VALUES (%(consumer)s, %(topic)s, 0, %(offset)s)
ON CONFLICT (consumer, topic, partition)
DO UPDATE SET next_offset = greatest(inbox_offsets.next_offset, excluded.next_offset)
