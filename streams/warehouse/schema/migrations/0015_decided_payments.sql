-- Decisions once more, ordered by payment id and with few columns: here outcomes, labels and disputes look up what was decided.
-- Repeated answers are left out. The projection finds the rows of a range of the log.
CREATE TABLE IF NOT EXISTS decided_payments
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    payment_id String COMMENT 'payment id, unique within the merchant account',
    merchant_account String COMMENT 'merchant account the payment belongs to',
    attempt UInt8 COMMENT 'attempt, 1 for the first',
    phase LowCardinality(String) COMMENT 'pre_auth, post_3ds or post_auth',
    decided_at DateTime64(3, 'UTC') COMMENT 'when Kafka took the decision',
    engine_time DateTime64(3, 'UTC') COMMENT 'the time of the log at which the payment was decided',
    verdict LowCardinality(String) COMMENT 'approve, challenge, review or decline',
    decided_by LowCardinality(String) COMMENT 'what brought the verdict about',
    deciding_rule LowCardinality(String) COMMENT 'id of the rule that decided; empty when no rule did',
    hits Array(LowCardinality(String)) COMMENT 'rules that hit',
    model LowCardinality(String) COMMENT 'first 16 hex digits of the model; empty when none was live',
    ruleset LowCardinality(String) COMMENT 'version of the ruleset; empty when none was live',
    amount Int64 COMMENT 'amount in minor units of `currency`',
    currency LowCardinality(String) COMMENT 'ISO 4217 alphabetic code',
    reference_amount Int64 COMMENT 'amount in EUR cents by the dated FX table',
    merchant_id String COMMENT 'who is paid',
    merchant_country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2 of the merchant; empty when unknown',
    bin LowCardinality(String) COMMENT 'first six to eight digits of a card; empty when unknown',
    issuer_country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2 of the card issuer; empty when unknown',
    mcc LowCardinality(String) COMMENT 'ISO 18245 merchant category code; empty when unknown',
    channel LowCardinality(String) COMMENT 'ecommerce, app, pos, moto or recurring; empty when unknown',
    log_topic LowCardinality(String) COMMENT 'the topic the row was read from, without the engine''s name: decisions',
    log_partition UInt32 COMMENT 'partition of that topic',
    log_offset UInt64 COMMENT 'offset of the message in it',
    PROJECTION by_log_offset (SELECT engine, log_topic, log_partition, log_offset ORDER BY engine, log_topic, log_partition, log_offset)
)
ENGINE = MergeTree
ORDER BY (engine, payment_id, merchant_account, attempt, log_offset)
SETTINGS non_replicated_deduplication_window = 20000, index_granularity = 256
COMMENT 'One row per decision, ordered by payment id: the way from a payment to what was decided; repeated answers are left out'
