-- Grain: one refused message that was acted on, the newest first. Reader: the Pipeline page. Cost: an index scan.
SELECT a.topic, a.partition, a.log_offset, a.refused_because, a.policy, a.why, a.acted_by_name, a.acted_at, o.state,
    o.log_offset AS sent_offset
FROM dead_letter_actions AS a
LEFT JOIN outbox AS o ON o.outbox_id = a.outbox_id
WHERE a.engine = %(engine)s
ORDER BY a.acted_at DESC, a.log_offset DESC
LIMIT %(most)s
