-- What rules on trial would have hit, per day of engine time and rule. Rows of the same key are merged in the background, so always sum.
CREATE TABLE IF NOT EXISTS shadow_hits_by_day
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    day Date COMMENT 'the day, by engine time',
    merchant_account String COMMENT 'merchant account the payments belong to',
    rule LowCardinality(String) COMMENT 'id of the rule on trial',
    verdict LowCardinality(String) COMMENT 'approve, challenge, review or decline, which it changed nothing of',
    decisions SimpleAggregateFunction(sum, Int64) COMMENT 'decisions that it hit, repeated answers not counted',
    reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents of these'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, day, merchant_account, rule, verdict)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Decisions per day that a rule on trial would have hit: read the view v_day_by_shadow_hit'
