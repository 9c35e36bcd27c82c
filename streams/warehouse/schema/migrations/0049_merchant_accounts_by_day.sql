-- Which merchants were paid through which merchant accounts, per day of engine time. Rows of the same key are merged in the background, so always sum.
CREATE TABLE IF NOT EXISTS merchant_accounts_by_day
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    day Date COMMENT 'the day, by engine time',
    merchant_id String COMMENT 'who is paid',
    merchant_account String COMMENT 'merchant account the payments belong to',
    decisions SimpleAggregateFunction(sum, Int64) COMMENT 'decisions, repeated answers not counted',
    reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents of these'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, day, merchant_id, merchant_account)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Decisions per day of each merchant by merchant account: read the view v_day_by_merchant_account'
