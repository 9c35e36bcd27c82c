-- Payments decided during a trial, by what both models said and the label that stands, per day of their decision.
-- Each label moves a payment from what stood before to what stands now, as in labels_by_day.
CREATE TABLE IF NOT EXISTS trial_labels_by_day
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    day Date COMMENT 'cohort: day of the payment\'s decision, by engine time',
    age_days UInt16 COMMENT 'days after the payment at which the label was known: sum up to a number of days for what was known by then',
    challenger_model LowCardinality(String) COMMENT 'version of the model on trial at that decision',
    canary Bool COMMENT 'the challenger decided',
    champion_verdict LowCardinality(String) COMMENT 'what the champion says: approve, challenge, review or decline',
    challenger_verdict LowCardinality(String) COMMENT 'what the challenger says',
    label LowCardinality(String) COMMENT 'fraud, friendly, legitimate or unknown',
    payments SimpleAggregateFunction(sum, Int64) COMMENT 'payments that came to stand under this label, less those that left it',
    reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents of these payments, as decided'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, day, challenger_model, canary, champion_verdict, challenger_verdict, label, age_days)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Labelled payments of trials per day of decision and age of the label: read the view v_trial_outcomes'
