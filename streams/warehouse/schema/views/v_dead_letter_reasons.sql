-- Grain: engine, hour in which Kafka took the refused message, reason.
-- Reader: whoever runs a payment service or the platform.
-- Cost: a scan of `dead_letters` without its payloads; filter on engine and hour.
CREATE OR REPLACE VIEW v_dead_letter_reasons AS
SELECT
    engine,
    toStartOfHour(received_at) AS hour,
    reason,
    count() AS dead_letters,
    countIf(answered) AS refusals,
    sum(payload_bytes) AS payload_bytes
FROM dead_letters
GROUP BY engine, hour, reason
