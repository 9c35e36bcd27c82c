-- What became of each request to change a list, one row per answer of the topics `ENGINE.list-audit`.
CREATE TABLE IF NOT EXISTS list_answers
(
    engine LowCardinality(String) COMMENT 'engine whose lists it is about',
    request String COMMENT 'id of the request; empty when it could not be read',
    status LowCardinality(String) COMMENT 'accepted or rejected',
    answered_at DateTime64(3, 'UTC') COMMENT 'when it was answered',
    list LowCardinality(String) COMMENT 'name of the list; empty when it could not be read',
    value String COMMENT 'the value, without card numbers; empty when it could not be read',
    author String COMMENT 'who asked; empty when it could not be read',
    control String COMMENT 'id of the control that carries the entry; empty when it was rejected',
    fault LowCardinality(String) COMMENT 'why it was rejected; empty when it was accepted',
    detail String COMMENT 'the same in words',
    repeated Bool COMMENT 'the request had been answered before: the same answer again',
    request_offset UInt64 COMMENT 'offset of the request on ENGINE.list-requests',
    appended_at DateTime64(3, 'UTC') COMMENT 'when Kafka took the answer',
    log_topic LowCardinality(String) COMMENT 'the topic the row was read from, without the engine''s name: list-audit',
    log_partition UInt32 COMMENT 'partition of that topic',
    log_offset UInt64 COMMENT 'offset of the message in it',
    INDEX log_offset_range log_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (engine, answered_at, log_offset)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'One row per answer to a request to change a list'
