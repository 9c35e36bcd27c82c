-- Every message an engine refused, one row per message of the topics `ENGINE.dead-letters`.
CREATE TABLE IF NOT EXISTS dead_letters
(
    engine LowCardinality(String) COMMENT 'name of the engine that refused the message',
    topic LowCardinality(String) COMMENT 'input topic of the refused message',
    partition UInt32 COMMENT 'its partition',
    offset UInt64 COMMENT 'its offset',
    received_at DateTime64(3, 'UTC') COMMENT 'when Kafka took the refused message',
    decided_at DateTime64(3, 'UTC') COMMENT 'when Kafka took the dead letter',
    reason LowCardinality(String) COMMENT 'stable code of the reason',
    detail String COMMENT 'the reason in words' CODEC(ZSTD(3)),
    payload_bytes UInt64 COMMENT 'size of the refused message',
    payload_sha256 String COMMENT 'SHA-256 of the refused message, hex',
    payload Nullable(String) COMMENT 'its raw bytes up to 256 kB, null beyond that' CODEC(ZSTD(3)),
    masked Bool COMMENT 'card numbers in the payload were masked',
    log_partition UInt32 COMMENT 'partition of the dead-letters topic',
    log_offset UInt64 COMMENT 'offset of the message in it',
    INDEX log_offset_range log_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (engine, received_at, log_offset)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'One row per refused message: nothing that arrives is lost, it is a decision or a dead letter'
