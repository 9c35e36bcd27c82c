-- Decisions added up per hour of engine time, by one dimension at a time. Rows of the same key are merged in the background, so always sum.
-- Views v_hour_by_DIMENSION give one dimension each.
CREATE TABLE IF NOT EXISTS decisions_by_hour
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    hour DateTime('UTC') COMMENT 'start of the hour, by engine time',
    dimension LowCardinality(String) COMMENT 'what the row is added up by: all, merchant, merchant_country, issuer_country, bin, mcc, channel, model, decided_by, rule (the one that decided) or hit (each rule that hit); never add up several',
    value String COMMENT 'value of that dimension; empty when unknown, or for all',
    verdict LowCardinality(String) COMMENT 'approve, challenge, review or decline',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of the amounts added up',
    decisions SimpleAggregateFunction(sum, Int64) COMMENT 'decisions, repeated answers not counted',
    amount SimpleAggregateFunction(sum, Int128) COMMENT 'minor units of currency',
    reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents',
    payments SimpleAggregateFunction(sum, Int64) COMMENT 'attempts by the verdict that stands: a decision after 3-D Secure takes its payment from the verdict before',
    payments_reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents of these attempts',
    scored SimpleAggregateFunction(sum, Int64) COMMENT 'decisions with a probability',
    probability_millionths SimpleAggregateFunction(sum, Int64) COMMENT 'probabilities added up, in millionths: divided by scored it is their mean',
    degraded SimpleAggregateFunction(sum, Int64) COMMENT 'decisions for which something could not be used',
    late SimpleAggregateFunction(sum, Int64) COMMENT 'decisions on payments that came more than a day late'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, dimension, hour, value, verdict, currency)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Decisions per hour by one dimension at a time: read the views v_hour_by_..., each of one dimension'
