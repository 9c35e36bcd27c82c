-- Labelled payments that a rule on trial would have hit, per day of their decision. Rows of the same key are merged in the background, so always sum.
CREATE TABLE IF NOT EXISTS shadow_labels_by_day
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    day Date COMMENT 'cohort: day of the payment\'s decision, by engine time',
    merchant_account String COMMENT 'merchant account the payments belong to',
    rule LowCardinality(String) COMMENT 'id of the rule on trial',
    verdict LowCardinality(String) COMMENT 'verdict of the decision, which the rule changed nothing of',
    label LowCardinality(String) COMMENT 'fraud, friendly, legitimate or unknown',
    payments SimpleAggregateFunction(sum, Int64) COMMENT 'payments that came to stand under this label, less those that left it',
    reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents of these payments, as decided'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, day, merchant_account, rule, verdict, label)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Labelled payments per day that a rule on trial would have hit: read the view v_shadow_labels'
