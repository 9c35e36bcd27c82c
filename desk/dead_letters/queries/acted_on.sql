-- Grain: one refused message that was acted on. Reader: the list of dead letters. Cost: one row by key for each asked.
SELECT a.topic, a.partition, a.log_offset, a.policy, a.why, a.acted_by_name, a.acted_at, o.state, o.log_offset AS sent_offset
FROM unnest(%(topics)s::text[], %(partitions)s::integer[], %(offsets)s::bigint[]) AS asked (topic, partition, log_offset)
JOIN dead_letter_actions AS a
    ON a.engine = %(engine)s AND a.topic = asked.topic AND a.partition = asked.partition AND a.log_offset = asked.log_offset
LEFT JOIN outbox AS o ON o.outbox_id = a.outbox_id
