-- Every payment attempt that can be read, one row per message of the topics `ENGINE.payments` and `ENGINE.history`.
-- What cannot be read, or holds a card number in a token, is a row of dead_letters and not here.
CREATE TABLE IF NOT EXISTS payments
(
    engine LowCardinality(String) COMMENT 'engine that the payment was sent to',
    received_at DateTime64(3, 'UTC') COMMENT 'when Kafka took the payment',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when the payment happened, as its sender says',
    merchant_account String COMMENT 'merchant account the payment belongs to',
    payment_id String COMMENT 'payment id, unique within the merchant account',
    attempt UInt8 COMMENT 'attempt, 1 for the first',
    phase LowCardinality(String) COMMENT 'pre_auth, post_3ds or post_auth',
    amount Int64 COMMENT 'amount in minor units of `currency`',
    currency LowCardinality(String) COMMENT 'ISO 4217 alphabetic code',
    method LowCardinality(String) COMMENT 'card, wallet, bank_debit, bank_transfer or pay_later',
    card String COMMENT 'token of the payment instrument: card, wallet or account; never a card number',
    bin LowCardinality(String) COMMENT 'first six to eight digits of a card; empty when unknown',
    issuer_country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2 of the card issuer; empty when unknown',
    customer String COMMENT 'the merchant\'s name for the customer; empty when unknown',
    customer_since Nullable(DateTime64(3, 'UTC')) COMMENT 'since when the merchant has known the customer; null when unknown',
    device String COMMENT 'token of the payer\'s device; empty when unknown',
    ip_network String COMMENT 'keyed hash of the network of the payer\'s address (IPv4 /24, IPv6 /48); empty when unknown',
    email String COMMENT 'token of the payer\'s e-mail address; empty when unknown',
    delivery_address String COMMENT 'token of the delivery address; empty when unknown',
    merchant_id String COMMENT 'who is paid',
    mcc LowCardinality(String) COMMENT 'ISO 18245 merchant category code; empty when unknown',
    merchant_country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2 of the merchant; empty when unknown',
    channel LowCardinality(String) COMMENT 'ecommerce, app, pos, moto or recurring',
    three_ds_version LowCardinality(String) COMMENT '3-D Secure version; empty when unknown',
    three_ds_result LowCardinality(String) COMMENT 'transStatus of 3-D Secure: Y N A U C R I; empty when unknown',
    eci LowCardinality(String) COMMENT 'electronic commerce indicator; empty when unknown',
    liability_shift Nullable(Bool) COMMENT 'the issuer bears the loss of a fraud; null when unknown',
    sca_exemption_asked LowCardinality(String) COMMENT 'exemption that the payment service asked for; empty when none',
    merchant_initiated Bool COMMENT 'the payer is not present: a subscription, an instalment',
    avs_result LowCardinality(String) COMMENT 'the issuer\'s check of the billing address; empty when unknown',
    cvv_result LowCardinality(String) COMMENT 'the issuer\'s check of the security code; empty when unknown',
    metadata Map(String, String) COMMENT 'the payment service\'s own fields as text, card numbers masked' CODEC(ZSTD(3)),
    redacted Array(String) COMMENT 'fields in which card numbers were masked; empty when there were none',
    log_topic LowCardinality(String) COMMENT 'the topic the row was read from, without the engine''s name: payments or history',
    log_partition UInt32 COMMENT 'partition of that topic',
    log_offset UInt64 COMMENT 'offset of the message in it',
    INDEX log_offset_range log_offset TYPE minmax GRANULARITY 1,
    INDEX payment_id_bloom payment_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = MergeTree
ORDER BY (engine, received_at, log_offset)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'One row per payment message that can be read, repeated ones as well: count decisions, not these rows, to count payments'
