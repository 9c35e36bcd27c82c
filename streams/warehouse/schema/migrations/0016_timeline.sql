-- What happened to each payment, card, customer, device, network, e-mail and delivery address, ordered by its token.
-- A decision is here once for each token of its payment. The projection finds the rows of a range of the log.
CREATE TABLE IF NOT EXISTS timeline
(
    engine LowCardinality(String) COMMENT 'name of the engine',
    token String COMMENT 'payment id, or a token of the payment; ip: hashed network',
    entity LowCardinality(String) COMMENT 'what the token is of: payment, card, customer, device, ip, email or delivery_address',
    at DateTime64(3, 'UTC') COMMENT 'when it happened: of a decision its engine time, of a label when it became known',
    event LowCardinality(String) COMMENT 'decision, outcome, label, dispute, review or refusal',
    what LowCardinality(String) COMMENT 'verdict, kind of outcome, label, stage of dispute or reason of refusal',
    detail String COMMENT 'codes of the reasons of a decision, source of a label, reason code of a dispute, decline group of an outcome' CODEC(ZSTD(1)),
    merchant_account String COMMENT 'merchant account the payment belongs to',
    payment_id String COMMENT 'payment id, unique within the merchant account',
    attempt UInt8 COMMENT 'attempt, 1 for the first; 0 when unknown',
    phase LowCardinality(String) COMMENT 'phase of a decision; else empty',
    merchant_id String COMMENT 'who is paid; empty when unknown',
    amount Int64 COMMENT 'amount in minor units of `currency`; 0 when unknown',
    currency LowCardinality(String) COMMENT 'ISO 4217 alphabetic code; empty when unknown',
    log_topic LowCardinality(String) COMMENT 'the topic the row was read from, without the engine''s name',
    log_partition UInt32 COMMENT 'partition of that topic',
    log_offset UInt64 COMMENT 'offset of the message in it',
    PROJECTION by_log_offset (SELECT engine, log_topic, log_partition, log_offset ORDER BY engine, log_topic, log_partition, log_offset)
)
ENGINE = MergeTree
ORDER BY (engine, token, entity, at, log_offset)
SETTINGS non_replicated_deduplication_window = 20000, index_granularity = 512
COMMENT 'What happened, by token: filter on engine and token. A payment with six tokens is here seven times, so never count payments here'
