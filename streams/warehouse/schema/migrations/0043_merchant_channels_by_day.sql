-- Decisions added up per day of engine time, merchant and channel together. Rows of the same key are merged in the background, so always sum.
CREATE TABLE IF NOT EXISTS merchant_channels_by_day
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    day Date COMMENT 'the day, by engine time',
    merchant_id String COMMENT 'who is paid',
    channel LowCardinality(String) COMMENT 'ecommerce, app, pos, moto or recurring; empty when the payment is not known',
    verdict LowCardinality(String) COMMENT 'approve, challenge, review or decline',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of the amounts added up',
    decisions SimpleAggregateFunction(sum, Int64) COMMENT 'decisions, repeated answers not counted',
    amount SimpleAggregateFunction(sum, Int128) COMMENT 'minor units of currency',
    reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents',
    payments SimpleAggregateFunction(sum, Int64) COMMENT 'attempts by the verdict that stands: a decision after 3-D Secure takes its payment from the verdict before',
    payments_reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents of these attempts'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, day, merchant_id, channel, verdict, currency)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Decisions per day of each merchant in each channel: read the view v_day_by_merchant_channel'
