-- Grain: one refused message. Reader: whoever acts on it; nothing is added where somebody did before. Cost: one row by key.
INSERT INTO dead_letter_actions (
    engine, topic, partition, log_offset, refused_because, policy, why, payload_sha256, sent_sha256, outbox_id,
    acted_by_id, acted_by_name, acted_at
)
VALUES (
    %(engine)s, %(topic)s, %(partition)s, %(log_offset)s, %(refused_because)s, %(policy)s, %(why)s,
    %(payload_sha256)s, %(sent_sha256)s, %(outbox_id)s, %(acted_by_id)s, %(acted_by_name)s, %(now)s
)
ON CONFLICT (engine, topic, partition, log_offset) DO NOTHING
