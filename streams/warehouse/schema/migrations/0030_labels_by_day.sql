-- Payments by the label that stands, per day of their decision: each label moves a payment from what stood before to what stands now.
-- Summed over age_days up to a number of days, what was known that many days after the payment.
CREATE TABLE IF NOT EXISTS labels_by_day
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    day Date COMMENT 'cohort: day of the payment\'s decision, by engine time',
    age_days UInt16 COMMENT 'days after the payment at which the label was known: sum up to a number of days for what was known by then',
    dimension LowCardinality(String) COMMENT 'what the row is added up by: all, merchant, merchant_country, issuer_country, bin, mcc, channel, model, decided_by, rule (the one that decided) or hit (each rule that hit); never add up several',
    value String COMMENT 'value of that dimension; empty when unknown, or for all',
    verdict LowCardinality(String) COMMENT 'verdict of the decision; empty when there is none',
    label LowCardinality(String) COMMENT 'fraud, friendly, legitimate or unknown',
    payments SimpleAggregateFunction(sum, Int64) COMMENT 'payments that came to stand under this label, less those that left it',
    reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents of these payments, as decided'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, dimension, day, value, verdict, label, age_days)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Labelled payments per day of decision and age of the label, by one dimension at a time: read the views v_fraud_by_...'
