-- Every decision read from the topics `ENGINE.decisions`, one row per message (a repeated answer is a row with duplicate = true).
-- No partitions: a cut of the log is then exactly one part, so it is in the table wholly or not at all.
CREATE TABLE IF NOT EXISTS decisions
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    sequence UInt64 COMMENT 'number of the decision within its engine, from 1 without gaps; a duplicate repeats it',
    merchant_account String COMMENT 'merchant account the payment belongs to',
    payment_id String COMMENT 'payment id, unique within the merchant account',
    attempt UInt8 COMMENT 'attempt, 1 for the first',
    phase LowCardinality(String) COMMENT 'pre_auth, post_3ds or post_auth',
    verdict LowCardinality(String) COMMENT 'approve, challenge, review or decline',
    probability Nullable(Float64) COMMENT 'calibrated probability of fraud, rounded to 1e-6; null when no model could score',
    score UInt8 COMMENT 'score of the rules in hundredths, 0..100',
    hits Array(LowCardinality(String)) COMMENT 'rules that hit',
    amount Int64 COMMENT 'amount in minor units of `currency`',
    currency LowCardinality(String) COMMENT 'ISO 4217 alphabetic code',
    reference_amount Int64 COMMENT 'amount in EUR cents by the dated FX table',
    method LowCardinality(String) COMMENT 'card, wallet, bank_debit, bank_transfer or pay_later',
    merchant_id String COMMENT 'who is paid',
    merchant_country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2 of the merchant; empty when unknown',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when the payment happened, as its sender says',
    received_at DateTime64(3, 'UTC') COMMENT 'when Kafka took the payment',
    engine_time DateTime64(3, 'UTC') COMMENT 'the monotone time of the log by which windows and aggregates go',
    decided_at DateTime64(3, 'UTC') COMMENT 'when Kafka took the decision',
    latency_ms Int64 COMMENT 'decided_at - received_at; meaningless for duplicates, which repeat the first received_at',
    model LowCardinality(String) COMMENT 'first 16 hex digits of the model; empty when none was live',
    ruleset LowCardinality(String) COMMENT 'version of the ruleset; empty when none was live',
    policy LowCardinality(String) COMMENT 'version of the policy; empty when none was live',
    catalogue LowCardinality(String) COMMENT 'version of the feature catalogue',
    duplicate Bool COMMENT 'the same answer once more to a payment sent again',
    degraded Array(LowCardinality(String)) COMMENT 'what could not be used: model, ruleset, policy, fx',
    log_partition UInt32 COMMENT 'partition of the decisions topic',
    log_offset UInt64 COMMENT 'offset of the message in it',
    INDEX log_offset_range log_offset TYPE minmax GRANULARITY 1,
    INDEX payment_id_bloom payment_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = MergeTree
ORDER BY (engine, engine_time, log_offset)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'One row per message of the decisions topics; filter on duplicate = false to count payments'
