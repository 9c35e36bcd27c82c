-- What happened to payments, per day of their decision, by one dimension at a time. Rows of the same key are merged in the background, so always sum.
CREATE TABLE IF NOT EXISTS outcomes_by_day
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    day Date COMMENT 'cohort: day of the payment\'s decision, by engine time',
    dimension LowCardinality(String) COMMENT 'what the row is added up by: all, merchant, merchant_country, issuer_country, bin, mcc, channel, model, decided_by, rule (the one that decided) or hit (each rule that hit); never add up several',
    value String COMMENT 'value of that dimension; empty when unknown, or for all',
    verdict LowCardinality(String) COMMENT 'verdict that stood when it happened; empty when there is none',
    challenged Bool COMMENT 'a decision on the attempt had asked for 3-D Secure',
    kind LowCardinality(String) COMMENT 'authorised, declined, authenticated, authentication_failed, captured, refunded or voided',
    decline_group LowCardinality(String) COMMENT 'the issuer\'s reason, normalised; empty when not declined',
    events SimpleAggregateFunction(sum, Int64) COMMENT 'outcomes, repeated ones not counted',
    payments SimpleAggregateFunction(sum, Int64) COMMENT 'attempts with at least one of this kind',
    reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents of the outcomes, at the rate of the decision'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, dimension, day, value, verdict, challenged, kind, decline_group)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Outcomes per day of decision, by one dimension at a time: read the views v_authorisation_by_... and v_3ds_funnel_by_...'
