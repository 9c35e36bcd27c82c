-- Keeps where records lie that a consumer could not use.
-- Grain: one row.  Reader: the inbox, for each such record.  Cost: the primary key.
INSERT INTO inbox_parked (consumer, topic, partition, log_offset, until, reason, parked_at)
VALUES (%(consumer)s, %(topic)s, 0, %(start)s, %(end)s, %(reason)s, %(now)s)
ON CONFLICT DO NOTHING
