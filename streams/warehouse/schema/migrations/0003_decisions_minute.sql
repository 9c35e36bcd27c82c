-- Decisions added up per minute of engine time. Rows of the same key are merged in the background, so always sum.
-- Histograms map the lower bound of a bucket to a count; the bounds are listed in streams/warehouse/histograms.py.
CREATE TABLE IF NOT EXISTS decisions_minute
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    minute DateTime('UTC') COMMENT 'start of the minute, by engine time',
    verdict LowCardinality(String) COMMENT 'approve, challenge, review or decline',
    merchant_country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2; empty when unknown',
    model LowCardinality(String) COMMENT 'first 16 hex digits of the model; empty when none was live',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of the amounts added up',
    decisions SimpleAggregateFunction(sum, Int64) COMMENT 'decisions, duplicates not counted',
    duplicates SimpleAggregateFunction(sum, Int64) COMMENT 'answers repeated to payments sent again',
    amount SimpleAggregateFunction(sum, Int128) COMMENT 'minor units of currency, duplicates not counted',
    reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents, duplicates not counted',
    score_histogram SimpleAggregateFunction(sumMap, Map(Int32, Int64)) COMMENT 'rule score in hundredths: lower bound of bucket -> decisions',
    probability_histogram SimpleAggregateFunction(sumMap, Map(Int32, Int64)) COMMENT 'probability in millionths: lower bound of bucket -> decisions; -1 = not scored',
    latency_histogram SimpleAggregateFunction(sumMap, Map(Int32, Int64)) COMMENT 'latency in ms: lower bound of bucket -> decisions'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, minute, verdict, merchant_country, model, currency)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Decisions per minute, verdict, merchant country, model and currency: sum the measures, they are partial until merged'
