-- What payments turned out to be, one row per message of the topics `ENGINE.labels` and `ENGINE.history`.
-- Ordered by payment, since each label is judged by those before it. The projection finds the rows of a range of the log.
CREATE TABLE IF NOT EXISTS labels
(
    engine LowCardinality(String) COMMENT 'name of the engine that the message is for',
    merchant_account String COMMENT 'merchant account the payment belongs to',
    payment_id String COMMENT 'payment id, unique within the merchant account',
    attempt UInt8 COMMENT 'attempt, 1 for the first',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when the payment was made, as the message says',
    label LowCardinality(String) COMMENT 'fraud, friendly, legitimate or unknown',
    source LowCardinality(String) COMMENT 'what it rests on: chargeback, fraud_notice, analyst, silence, ...',
    strength UInt8 COMMENT 'how strong that is: the strongest label of a payment stands, of equal ones the one known last',
    final Bool COMMENT 'nothing is expected to change it',
    weight Float64 COMMENT 'how much of a training example it makes, 0..1',
    repeats Bool COMMENT 'an earlier label of this payment had this value',
    known_at DateTime64(3, 'UTC') COMMENT 'when it became known to anybody',
    age_days UInt16 COMMENT 'whole days from cohort_at until known_at, 0 when it was known earlier',
    stood_before LowCardinality(String) COMMENT 'label that stood for this attempt before this row; empty when there was none',
    stands_after LowCardinality(String) COMMENT 'label that stands from this row on: the payment moved from stood_before to it',
    amount Int64 COMMENT 'the payment\'s amount in minor units of `currency`',
    currency LowCardinality(String) COMMENT 'ISO 4217 alphabetic code',
    decision_known Bool COMMENT 'a decision on this attempt had been made when Kafka took the payment\'s first label: the columns from verdict to channel are its own, in every label of the payment; else they are empty',
    cohort_at DateTime64(3, 'UTC') COMMENT 'engine time of that decision, by which cohorts are made; occurred_at where there is none',
    verdict LowCardinality(String) COMMENT 'verdict of that decision: approve, challenge, review or decline; empty when there is none',
    decided_by LowCardinality(String) COMMENT 'what brought that verdict about; empty when there is none',
    deciding_rule LowCardinality(String) COMMENT 'id of the rule that decided; empty when no rule did',
    hits Array(LowCardinality(String)) COMMENT 'rules that hit',
    model LowCardinality(String) COMMENT 'first 16 hex digits of the model that scored; empty when none did',
    ruleset LowCardinality(String) COMMENT 'version of the ruleset; empty when none was live',
    payment_reference_amount Int64 COMMENT 'the payment\'s amount in EUR cents, as it was decided; 0 when there is no decision',
    merchant_country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2 of the merchant; empty when unknown',
    mcc LowCardinality(String) COMMENT 'ISO 18245 merchant category code; empty when unknown',
    channel LowCardinality(String) COMMENT 'ecommerce, app, pos, moto or recurring; empty when unknown',
    merchant_id String COMMENT 'who is paid',
    method LowCardinality(String) COMMENT 'card, wallet, bank_debit, bank_transfer or pay_later',
    card String COMMENT 'token of the payment instrument: card, wallet or account; never a card number',
    bin LowCardinality(String) COMMENT 'first six to eight digits of a card; empty when unknown',
    issuer_country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2 of the card issuer; empty when unknown',
    customer String COMMENT 'the merchant\'s name for the customer; empty when unknown',
    device String COMMENT 'token of the payer\'s device; empty when unknown',
    ip_network String COMMENT 'keyed hash of the network of the payer\'s address (IPv4 /24, IPv6 /48); empty when unknown',
    email String COMMENT 'token of the payer\'s e-mail address; empty when unknown',
    delivery_address String COMMENT 'token of the delivery address; empty when unknown',
    appended_at DateTime64(3, 'UTC') COMMENT 'when Kafka took the message',
    log_topic LowCardinality(String) COMMENT 'the topic the row was read from, without the engine''s name: labels or history',
    log_partition UInt32 COMMENT 'partition of that topic',
    log_offset UInt64 COMMENT 'offset of the message in it',
    PROJECTION by_log_offset (SELECT engine, log_topic, log_partition, log_offset ORDER BY engine, log_topic, log_partition, log_offset)
)
ENGINE = MergeTree
ORDER BY (engine, payment_id, merchant_account, attempt, log_offset)
SETTINGS non_replicated_deduplication_window = 20000, index_granularity = 256
COMMENT 'One row per label message, with the decision that stood at the payment\'s first label; a payment may have several: v_payment_labels has the one that stands'
