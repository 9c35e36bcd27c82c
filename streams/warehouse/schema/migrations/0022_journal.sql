-- What each batch of the engine consisted of, one row per entry of the topics `ENGINE.journal`.
CREATE TABLE IF NOT EXISTS journal
(
    engine LowCardinality(String) COMMENT 'name of the engine',
    number UInt64 COMMENT 'number of the batch, from 1',
    engine_time DateTime64(3, 'UTC') COMMENT 'the time of the log after the batch',
    payments UInt32 COMMENT 'payments that were decided for the first time',
    decisions UInt32 COMMENT 'decisions written: new ones and those given again',
    duplicates UInt32 COMMENT 'decisions given again',
    refusals UInt32 COMMENT 'payments answered with a refusal',
    dead_letters UInt32 COMMENT 'messages refused',
    late UInt32 COMMENT 'new decisions on late payments',
    sequence UInt64 COMMENT 'number of the last new decision',
    model LowCardinality(String) COMMENT 'version of the model after the batch; empty when none was live',
    challenger LowCardinality(String) COMMENT 'version of the model on trial; empty when there was none',
    ruleset LowCardinality(String) COMMENT 'version of the ruleset; empty when none was live',
    policy LowCardinality(String) COMMENT 'version of the policy; empty when none was live',
    catalogue LowCardinality(String) COMMENT 'version of the feature catalogue',
    scorer LowCardinality(String) COMMENT 'how the model was scored: leaf-masks or lightgbm',
    cpu LowCardinality(String) COMMENT 'fingerprint of the processor',
    degraded Array(LowCardinality(String)) COMMENT 'what could not be used, over all decisions of the batch',
    horizon_ms Int64 COMMENT 'how long a duplicate is recognised, ms',
    keys_max UInt64 COMMENT 'how many payments are remembered for that',
    decision_hash String COMMENT 'chain over all decisions so far',
    state_hash String COMMENT 'hash of the state after the batch',
    input_topics Array(LowCardinality(String)) COMMENT 'topic of each range of records, in the order in which they were applied',
    input_starts Array(UInt64) COMMENT 'first offset of each range',
    input_ends Array(UInt64) COMMENT 'offset after the last of each range',
    input_records Array(UInt32) COMMENT 'records in each range',
    lost Array(String) COMMENT 'topic, offsets and reason of ranges that were given up',
    skipped Array(String) COMMENT 'topic and offset of records that were skipped',
    withdrawn Array(String) COMMENT 'topic, offset and target of controls that no longer count, and by whose order',
    signed_by Array(String) COMMENT 'ids of the keys that signed the controls accepted in the batch',
    trust_version Nullable(UInt32) COMMENT 'version of the keys in force; null where controls need not be signed',
    unauthorised Nullable(UInt64) COMMENT 'controls refused so far as not authorised; null where controls need not be signed',
    protocol UInt8 COMMENT 'by which rules the batch was read and answered',
    begun_again String COMMENT 'why the state was given up before the batch; empty when it was not',
    appended_at DateTime64(3, 'UTC') COMMENT 'when Kafka took the entry',
    log_topic LowCardinality(String) COMMENT 'the topic the row was read from, without the engine''s name: journal',
    log_partition UInt32 COMMENT 'partition of that topic',
    log_offset UInt64 COMMENT 'offset of the message in it',
    INDEX log_offset_range log_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (engine, number, log_offset)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'One row per batch of the engine: what it read, how much it answered and with what'
